"""Vectors of the formats: our own, made by `make`, and single figures of the standards they stand on."""
