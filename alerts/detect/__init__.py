"""Detection: one module per kind of rule.  Pure: arrays in, verdicts out."""
