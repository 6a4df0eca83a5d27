"""Receivers: one module per kind; each knows its wire, its limits and its answers."""
