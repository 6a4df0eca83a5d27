"""A batch: rows whose events are made together, column by column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream.importing.cells.text import Row
from stream.importing.rows.row_blocks import Texts

Columns = Mapping[str, Texts]
"""What stands in each column; those that no row has are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Columns of some rows, and of cases what the row before each says (`first`: there is none).

    `last` tells of which rows none follows in their case.  Rows that tell no cases are all first and last.
    """

    size: int
    columns: Columns
    before: Columns | None = None
    first: Sequence[bool] | None = None
    last: Sequence[bool] | None = None

    def __len__(self) -> int:
        return self.size

    def texts(self, column: str) -> Texts:
        """What stands in a column."""
        return self.columns.get(column) or [None] * self.size

    def texts_before(self, column: str) -> Texts:
        """What stands in a column of the row before."""
        return ({} if self.before is None else self.before).get(column) or [None] * self.size

    def row(self, place: int) -> Row:
        """One row by itself."""
        return _row(self.columns, place)

    def row_before(self, place: int) -> Row | None:
        """The row before one, if there is any."""
        if self.before is None or self.first is None or self.first[place]:
            return None
        return _row(self.before, place)

    def is_last(self, place: int) -> bool:
        """Whether no row follows in the case."""
        return self.last is None or self.last[place]

    def only(self, places: Sequence[int]) -> "Batch":
        """Some of the rows."""
        if len(places) == self.size:
            return self
        return Batch(
            size=len(places),
            columns=_at(places, self.columns),
            before=None if self.before is None else _at(places, self.before),
            first=None if self.first is None else [self.first[place] for place in places],
            last=None if self.last is None else [self.last[place] for place in places],
        )


def _at(places: Sequence[int], columns: Columns) -> Columns:
    return {column: [texts[place] for place in places] for column, texts in columns.items()}


def _row(columns: Columns, place: int) -> Row:
    return {column: text for column, texts in columns.items() if (text := texts[place]) is not None}
