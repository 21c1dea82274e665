"""Trying a rule set out before it is published: honest bids, and what a ring of bidders could make of it.

A simulation decides nothing, so these are floats over many tenders at once, held by tests against the exact rules.
Seeds are given, nothing here reads a clock. docs/formats/simulation.md has the report.
"""
