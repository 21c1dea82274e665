"""Electronic guarantee letters. The room is reserved in the street; its acts come with their own claims."""
