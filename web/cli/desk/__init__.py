"""The office's rooms on the client: a person's folder, drafting, and acts that the person signs."""
