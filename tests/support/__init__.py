"""What the tests share: databases, processes, browsers, seeded samples."""
