"""Where the demo's events go: a broker of the user's, one that we start, or none."""
