"""How often rules would page for nothing, and how soon they would see a fall."""
