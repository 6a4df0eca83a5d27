"""Privacy: what looks as if it was about a person, and must not become a label."""
