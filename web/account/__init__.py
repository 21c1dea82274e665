"""People in browsers: signing up and in, their sessions, and the registration of their organisations."""
