"""Decoding: bytes of records to sound events, and why a record is none."""
