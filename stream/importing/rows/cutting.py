"""How the lines of a table are cut into cells."""

import csv
import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from stream.importing.mapping import Format
from stream.importing.rows.bounded_lines import BoundedLines
from stream.importing.rows.table_reader import Parse

BOM: Final = "\ufeff"
MARKS: Final = (",", ";", "\t", "|")
"""What may part cells, in the order in which it is tried where the mapping says nothing."""
SEPARATOR: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""The line that Excel writes above the header: `sep=;`."""
ESCAPED: Final = re.compile(r'\\(["\\])')
"""What a backslash makes part of the text."""


def separator(lines: BoundedLines) -> str:
    """What Excel's line above the header says parts cells; nothing where there is none."""
    first = next(lines, None)
    if first is None:
        return ""
    first = first.lstrip(BOM)  # a quotation mark behind it begins a cell
    if found := SEPARATOR.fullmatch(first):
        return found[1]
    lines.put_back(first)
    return ""


def has_blanks_behind_marks(heads: Sequence[Sequence[str]]) -> bool:
    """Whether a blank parts the cells as well, so that a quotation mark behind it begins a cell."""
    others = heads[0][1:] if heads else ()
    return bool(others) and all(text.startswith(" ") for text in others)


def parser(between: str, layout: Format, *, blanks: bool = False) -> Parse:
    """What makes records of lines; `blanks` behind the marks are none of the cells."""
    if layout.kind == "tsv":  # the tab-separated form has no quotes
        return partial(csv.reader, delimiter=between, quoting=csv.QUOTE_NONE)
    read = partial(csv.reader, delimiter=between, skipinitialspace=blanks)
    return (lambda lines: read(map(_doubled, lines))) if layout.cells.escaped else read


def _doubled(line: str) -> str:
    """A line whose quotation marks with a backslash before them stand twice instead."""
    return ESCAPED.sub(lambda found: '""' if found[1] == '"' else found[1], line)
