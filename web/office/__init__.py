"""The application with accounts: organisations, people, tenders, acts, tickets. It never sees the box."""
