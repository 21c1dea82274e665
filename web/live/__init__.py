"""The opening hall over websockets: typed messages, rooms made from the ledger, and the process that serves them."""
