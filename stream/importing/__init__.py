"""Foreign logs become events by declared mappings."""
