"""The process of an institution that holds one share of every seal (docs/formats/custody.md).

Generic: it knows key sets, seals, releases and the log. When a part of a lot may be answered for is the business of
the package whose events they are; that package gives a `Rulebook`.
"""
