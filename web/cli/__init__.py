"""`mingjing …`: the commands."""
