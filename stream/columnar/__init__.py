"""Structures of numpy that know no domain: hash tables, numbering of values, packed rows, times."""
