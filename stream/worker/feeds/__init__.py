"""Feeds: whole topics that every worker follows beside its partitions."""
