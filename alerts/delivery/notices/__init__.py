"""Notices: what a receiver is told of a transition, in words and in figures."""
