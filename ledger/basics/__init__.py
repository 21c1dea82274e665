"""What every room uses: canonical bytes, signatures, errors, ids, money and time."""
