"""Ratios against the bare operations (`make bench`): `python -m benchmarks`."""
