"""The book of record in a database: events, entries, the sequenced tree, its checkpoints (SQLAlchemy Core)."""
