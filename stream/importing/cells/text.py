"""The text of a cell: stripped, cut into the items of a list, or read as a number."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Final

from stream.importing.cells.faults import Fault, RowError

Row = Mapping[str, str]
"""Column name to text; a column that a line of NDJSON does not have is absent."""

LIST: Final = "\x1f"
"""Between the items of a list that stands in one column (ASCII's own unit separator)."""

NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
GROUPED: Final = re.compile(r"[-+]?[0-9]{1,3}(?:[. \u00a0\u202f'’][0-9]{3})+")
"""The whole part of a number with a decimal comma, in groups of three: `1.234` of `1.234,5`."""


def cell(row: Row, column: str, nulls: frozenset[str]) -> str | None:
    """The stripped text of a column; None where it is absent or stands for nothing."""
    text = row.get(column)
    if text is None:
        return None
    text = text.strip()
    return None if text in nulls else text


def items(row: Row, column: str) -> list[str]:
    """The stripped items of a list that stands in a column, or its one text; none where it is absent."""
    text = row.get(column)
    return [] if text is None else [part.strip() for part in text.split(LIST)]


def number(column: str, text: str, decimal: str = ".") -> float:
    """A finite number; `decimal` is its point, or comma.

    Raises:
        RowError: `text` is not one.
    """
    try:
        return decimal_number(text, decimal)
    except ValueError:
        want = "a number" if decimal == "." else "a number with a decimal comma"
        hint = ' (`decimal: ","` in the mapping?)' if decimal == "." and COMMA.fullmatch(text) else ""
        raise RowError(Fault.NUMBER, f'{column}: want {want}, got "{text}"{hint}') from None


COMMA: Final = re.compile(r"-?[0-9]+,[0-9]+")


def decimal_number(text: str, decimal: str = ".") -> float:
    """A finite decimal number in ASCII digits.

    Raises:
        ValueError: `text` is not one.
    """
    plain = text
    if decimal == ",":
        whole, comma, rest = text.partition(",")
        grouped = GROUPED.fullmatch(whole) is not None
        if "." in rest or ("." in whole and not grouped):
            raise ValueError(text)
        if grouped:
            whole = re.sub(r"[^-+0-9]", "", whole)
        plain = f"{whole}.{rest}" if comma else whole
    if not NUMBER.fullmatch(plain) or not isfinite(value := float(plain)):
        raise ValueError(text)
    return value
