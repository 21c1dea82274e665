"""The demonstration: every process of the platform and its institutions on loopback, and one tender played through."""
