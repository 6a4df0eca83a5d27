"""Rows of a log by the thousand, so that a column can be read at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from stream.importing.cells.faults import RowError
from stream.importing.cells.text import Row

ROWS: Final = 1_000
"""Rows of a block: enough for columns to pay, few enough for whoever waits at a pipe."""

Numbered = tuple[int, Row | RowError]
"""A line number, from 1 (of a stream of JSON: the number of the object), and what stands there."""
Texts = Sequence[str | None]
"""What stands in a column, by row; None where a row has no such column."""


class RowBlock(Protocol):
    """Some rows one after the other; `numbers` are theirs, `wrong` those that could not be read."""

    @property
    def numbers(self) -> Sequence[int]:
        """Of each row that could be read."""
        ...

    @property
    def wrong(self) -> Sequence[tuple[int, RowError]]:
        """Numbers of rows that could not be read, and why."""
        ...

    def texts(self, column: str) -> Texts | None:
        """What stands in a column; None where no row has it."""
        ...

    def rows(self) -> Iterable[Row]:
        """Each row by itself."""
        ...


@dataclass(slots=True)
class TableBlock:
    """Rows of a table with a header: `places` has where each column stands in a record."""

    places: Mapping[str, int]
    records: list[Sequence[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    wrong: list[tuple[int, RowError]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records) + len(self.wrong)

    def texts(self, column: str) -> Texts | None:
        """As every block."""
        place = self.places.get(column)
        return None if place is None else [record[place] for record in self.records]

    def rows(self) -> Iterable[Row]:
        """As every block."""
        return (dict(zip(self.places, record, strict=True)) for record in self.records)


@dataclass(slots=True)
class ObjectBlock:
    """Rows that each name their own columns."""

    objects: Sequence[Row]
    numbers: Sequence[int]
    wrong: Sequence[tuple[int, RowError]]

    def texts(self, column: str) -> Texts | None:
        """As every block."""
        found = [row.get(column) for row in self.objects]
        return None if found.count(None) == len(found) else found

    def rows(self) -> Iterable[Row]:
        """As every block."""
        return self.objects


def gathered(rows: Iterable[Numbered], size: int = ROWS) -> Iterator[RowBlock]:
    """Rows that come one by one, as blocks of so many."""
    coming = iter(rows)
    while some := list(islice(coming, size)):
        sound = [(number, row) for number, row in some if not isinstance(row, RowError)]
        yield ObjectBlock(
            [row for _, row in sound],
            [number for number, _ in sound],
            [(number, row) for number, row in some if isinstance(row, RowError)],
        )
