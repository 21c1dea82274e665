"""From notice to contract: forms, profiles, tickets, box, roll, opening and the tender's state machine."""
