"""The tests. `tests.support` is what they share; `tests/house` tests the repository itself."""
