"""The book of record: everything that is decided is an event in it."""
