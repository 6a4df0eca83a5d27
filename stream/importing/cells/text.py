"""The text of a cell: stripped, cut into the items of a list, or read as a number."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final, TypeVar

from stream.importing.cells.faults import Fault, RowError
from stream.messages.other_scripts import in_our_digits, seen

V = TypeVar("V")
Row = Mapping[str, str]
"""Column name to text; a column that a line of NDJSON does not have is absent."""

LIST: Final = "\x1f"
"""Between the items of a list that stands in one column (ASCII's own unit separator).

In a text of its own, as old Word files have it for a hyphen that is perhaps needed, it is read as a blank.
"""

NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
GROUPED: Final = re.compile(r"[-+]?[0-9]{1,3}(?:[., \u00a0\u202f'’][0-9]{3})+")
"""The whole part of a number in groups of three: `1.234` of `1.234,5`, `1,234` of `1,234.5`."""
EITHER: Final = re.compile("[-+]?[1-9][0-9]{0,2},[0-9]{3}")
"""What is a thousand and more, or one and a little, depending on who wrote it."""


def folded(text: str) -> str:
    """The text in small letters, and those with accents coded in one way: what looks alike is alike."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", seen(text.lower()))


def codings(text: str) -> Sequence[str]:
    """The text as it is, then as others code what looks the same: accents apart or not, blanks of no break.

    What a mapping names stands in logs of all kinds, and is compared with each of their texts.
    """
    forms = (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
    return tuple(dict.fromkeys((text, *forms, *(form.replace(" ", "\u00a0") for form in forms))))


def in_all_codings(table: Mapping[str, V]) -> dict[str, V]:
    """The table with its keys as they are, each followed by what looks the same and is no key itself."""
    return {
        form: value
        for key, value in table.items()
        for form in codings(key)
        if form == key or form not in table
    }


def keys_shown(table: Mapping[str, object]) -> str:
    """The keys of a table for people, of which those that look alike are one."""
    keys = (unicodedata.normalize("NFC", key).replace("\u00a0", " ") for key in table)
    return ", ".join(dict.fromkeys(keys))


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


def number(column: str, text: str, decimal: str = "") -> float:
    """A finite number; `decimal` is its point, or comma, "" where nobody said.

    Raises:
        RowError: `text` is not one.
    """
    try:
        return decimal_number(text, decimal)
    except ValueError:
        want = "a number with a decimal comma" if decimal == "," else "a number"
        raise RowError(
            Fault.NUMBER, f'{column}: want {want}, got "{text}"{mark_hint(text, decimal)}'
        ) from None


COMMA: Final = re.compile(r"[-+]?[0-9.]+,[0-9]+")


def mark_hint(text: str, decimal: str) -> str:
    """What to say of a number with a comma, where the mapping does not say what commas are."""
    if decimal or not COMMA.fullmatch(text.rpartition(":")[2]):
        return ""
    of_groups = ', `decimal: "."` if it parts thousands' if EITHER.fullmatch(text) else ""
    return f' (`decimal: ","` in the mapping{of_groups}?)'


def decimal_number(text: str, decimal: str = "") -> float:
    """A finite decimal number, its thousands parted or not.

    Where nobody said what the mark is, it is a point; a number of which a comma may be either is none.

    Raises:
        ValueError: `text` is not one.
    """
    plain = text = in_our_digits(text, decimal or ".")
    if not NUMBER.fullmatch(text):
        plain = _ungrouped(text.removeprefix("'"), decimal)  # Excel's mark for what is to stay as it is
    elif decimal == "," and "." in text:
        plain = _ungrouped(text, decimal)
    if not NUMBER.fullmatch(plain) or not isfinite(value := float(plain)):
        raise ValueError(text)
    return value


def _ungrouped(text: str, decimal: str) -> str:
    """The number with a point and without what parts its thousands.

    Raises:
        ValueError: it is none, or may be two.
    """
    mark = decimal or "."
    whole, comma, rest = text.partition(mark)
    if GROUPED.fullmatch(whole) and mark not in whole:
        if not decimal and EITHER.fullmatch(text):
            raise ValueError(text)
        whole = re.sub(r"[^-+0-9]", "", whole)
    if (rest and not rest.isdecimal()) or (mark == "," and "." in whole):
        raise ValueError(text)
    return f"{whole}.{rest}" if comma else whole


def exact_number(text: str) -> float:
    """A number of which no digit before the point was rounded away, as spreadsheets and R do: 1.77244E+12.

    Raises:
        ValueError: it is none.
    """
    rounded = _ROUNDED.fullmatch(text)
    if rounded and len(rounded[1] or "") < int(rounded[2] or rounded[3]):
        raise ValueError(text)
    return decimal_number(text)


_ROUNDED: Final = re.compile(r"[0-9](?:[.,]([0-9]+))?(?:E\+([0-9]+)|e\+(0?[0-9]|1[0-5]))", re.ASCII)
"""With a small e only up to where Python begins to write so what it has not rounded: 1.7724429e+18."""
