"""The bidder's room: pages on which a bid is written, sealed and sent by the browser alone (decision 0017)."""
