"""Delivery: the one package that knows Flask and processes. It decides nothing."""
