"""Files of events, packed logs and rules files on disk."""
