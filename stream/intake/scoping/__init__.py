"""Scoping: which combinations of dimension values an event belongs to, and who judges them."""
