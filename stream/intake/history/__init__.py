"""What the intake remembers of customers and cases: repeats, open cases, satisfaction after a contact."""
