"""What is measured: indicators with their definitions, levels and formulas."""
