"""Web: what the worker's server shows and takes besides monitoring."""
