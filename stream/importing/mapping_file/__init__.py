"""Mapping files (YAML), read part by part; every mistake with its line and column."""
