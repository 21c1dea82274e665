"""What the platform keeps beside the ledger (SQLAlchemy): tables folded from events, and tables of work in hand."""
