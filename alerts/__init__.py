"""Alerts: rules, detection, states and delivery.  Knows nothing of where the readings come from."""
