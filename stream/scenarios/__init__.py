"""Rule unit tests: scenarios that a support lead can read, and their runner."""
