"""Grouping: news that belongs together is gathered, routed, and told as one message."""
