"""Sealed until: something is sealed now and opens only when t of n institutions say that its time has come.

The format, byte for byte, is docs/formats/sealing.md. Everything here is pure and runs on the core install.
"""
