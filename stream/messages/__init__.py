"""The words that travel between agents: events, records, tallies, keys, reasons."""
