"""A bidder's rooms: its own folder, what it read in the witnessed log, its lines to office and box, its bids."""
