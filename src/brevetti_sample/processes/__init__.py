"""What our processes import from, and what they undo if they end at once; imports no other room."""
