"""Cells as formulas: `="0042"`, as programs write what spreadsheets are to show as it is."""

from collections.abc import Sequence
from typing import Final

FORMULA: Final = '="'
"""What one begins with, be the cell itself in quotation marks or not."""


def without_formulas(record: Sequence[str]) -> list[str]:
    """The record with what a spreadsheet shows in place of its formulas of one text."""
    return [_shown(cell) if cell.lstrip().startswith(FORMULA) else cell for cell in record]


def _shown(cell: str) -> str:
    text = cell.strip()
    inner = text[len(FORMULA) : -1].replace('""', "")
    return text[len(FORMULA) : -1].replace('""', '"') if text.endswith('"') and '"' not in inner else cell
