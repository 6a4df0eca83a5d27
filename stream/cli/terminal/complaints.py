"""What a command says of an operator's mistake: safe to print, and of bounded length."""

from typing import Final

from alerts.errors import OperatorError
from alerts.foreign_text import printable

LINE_CHARS: Final = 1_000
"""A name or a list of columns may be as long as a file has it; nobody reads that."""


def complaint(error: OperatorError) -> str:
    """The mistake, a line for each that was found."""
    return "\n".join(map(_line, str(error).split("\n")))


def _line(text: str) -> str:
    shown = printable(text[: LINE_CHARS + 1])
    return shown if len(shown) <= LINE_CHARS else f"{shown[:LINE_CHARS]}…"
