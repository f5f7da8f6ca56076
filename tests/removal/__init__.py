"""What somebody removes from evidence: nothing may be won by it."""
