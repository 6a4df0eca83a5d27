"""Which rule is judged in which scope at the end of a pane, and what its verdict moves."""
