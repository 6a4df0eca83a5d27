"""Sliding windows over panes: what is kept, how it slides, and what it will hold."""
