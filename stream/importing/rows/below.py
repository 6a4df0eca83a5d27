"""What stands below a table in the same file: its header once more, or a table of something else.

id,when,rating
1,2026-03-02 09:15,4
                               blank lines, as spreadsheets also write them: ,,
agent,shift,calls              no number, and no cell without a name: a header
3,2026-03-02 09:30,17          no answer of 17, though it has three columns as well

Where files were put one after the other no line is blank between them: a line of mostly the first header's
names is one, whose columns may have another order.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from stream.importing.rows.bounded_lines import PADDING

_FIRST: Final = itemgetter(0)
_LAST: Final = itemgetter(-1)
BLANKS: Final = "\ufeff\u200b \t\r\n\u00a0"
SHOWN: Final = 60
"""Characters of a header that are shown."""
FEWEST: Final = 2
NULLS: Final = frozenset({"n/a", "na", "null", "none", "nan", "-", "--", "?", "unknown"})
"""What no column is called: a row with it is a row, though one without a number."""
AGAIN: Final = "the header once more, as where logs were put one after the other: it is no row"


class Below:
    """Follows the records of a table whose header is `head`, to where it ends."""

    def __init__(self, head: Sequence[str]) -> None:
        self._head = [text.strip(BLANKS) for text in head]
        self._folded = [text.casefold() for text in self._head]
        letters = [text for text in self._head if any(map(str.isalpha, text))]
        self._names = frozenset(
            each
            for text in letters
            for each in (text, text.lower(), text.upper(), text.title(), f"\ufeff{text}", f'\ufeff"{text}"')
        )
        self._after_blank = False
        self._other = ""

    @property
    def has_begun(self) -> bool:
        """Whether records are to be looked at one by one."""
        return bool(self._other) or self._after_blank

    def blank(self) -> None:
        """A line without anything in it."""
        self._after_blank = True

    def is_above(self, records: Sequence[list[str]]) -> bool:
        """Whether all of some records are seen to be the table's at once, and none is blank."""
        # Most tables have something in the first column, of which C looks.
        none_blank = all(map(str.strip, map(_FIRST, records))) or all(map(any_in, records))
        return (
            none_blank
            and self._head not in records
            and self._names.isdisjoint(map(_FIRST, records))
            and self._names.isdisjoint(map(_LAST, records))
        )

    def amiss(self, record: Sequence[str]) -> str:
        """What is wrong with a record that is not blank; nothing where it is a row of the table."""
        cells = [text.strip(BLANKS) for text in record]
        if record[0].startswith('\ufeff"'):  # behind the mark of a file its quotation marks are no such
            cells[0] = cells[0].strip('"')
        folded = [cell.casefold() for cell in cells]
        if folded == self._folded:
            self._other = ""
            return AGAIN
        if self._is_header(folded):
            self._other = ", ".join(filter(None, cells))[:SHOWN]
        elif not self._after_blank or any(map(_has_digit, cells)):
            self._after_blank = False
        else:
            self._other = _header(cells) or self._other
        if not self._other:
            return ""
        return f"want rows of one table, got another one from here on ({self._other}): import it by itself"

    def _is_header(self, folded: Sequence[str]) -> bool:
        """Whether cells are mostly names of columns: those of another file, in another order."""
        named = [cell for cell in folded if cell]
        shared = {*self._folded}.intersection(named)
        return len(shared) >= FEWEST and 2 * len(shared) >= len(named)


def _header(cells: Sequence[str]) -> str:
    """What is shown of a header, if some cells without a number are one."""
    named = [cell for cell in cells if cell]
    if len(named) < FEWEST or cells[: len(named)] != named or not NULLS.isdisjoint(map(str.lower, named)):
        return ""
    return ", ".join(named)[:SHOWN]


def any_in(record: Sequence[str]) -> bool:
    """Whether a record has anything but blanks, or what fills a file up."""
    return bool("".join(record).strip().strip(PADDING))


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
