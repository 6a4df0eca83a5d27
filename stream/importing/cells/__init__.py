"""Cells of a row, read as the values that events have: numbers, answers, times, conditions on them."""
