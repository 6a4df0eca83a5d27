"""Faust: the application, and the transport that hands an agent whole lists of records."""
