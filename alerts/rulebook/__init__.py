"""The rules file: read from YAML into rules, with the place of every mistake."""
