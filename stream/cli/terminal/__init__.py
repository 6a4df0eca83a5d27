"""Terminal: what commands print while they work, and of what they found."""
