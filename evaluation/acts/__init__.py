"""The acts of evaluation: publishing with checked rules, and the no-touch evaluation itself."""
