"""Rows by the thousand: each column is read at once, and what is amiss is read again row by row."""
