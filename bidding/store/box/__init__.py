"""What the box keeps: lots it takes bids for, uploads, submissions, withdrawals, letters for the office, nonces.

Nothing here names an account: a bid is its bid key and nothing else. The box's database role sees these tables only.

The trap of the last second: a submission reads the clock inside a transaction that holds its lot FOR SHARE, and a
minute is written (and a lot closed) under FOR UPDATE. So when a minute is written, everything that was judged to lie
in it has been committed, and whatever comes later reads a later clock.
"""
