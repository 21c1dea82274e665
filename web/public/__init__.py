"""What anyone may ask: the log, the public data of tenders, and pages to read it on."""
