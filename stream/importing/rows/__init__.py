"""Rows of a foreign log, whatever its file looks like: tables, streams, headers of several rows."""
