"""The process of a party that gives randomness: it seals 32 random bytes for a lot before the first ticket (§6)."""
