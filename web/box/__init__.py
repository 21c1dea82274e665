"""The box (投标箱): the application that takes bids and knows no account. It shares nothing with the office."""
