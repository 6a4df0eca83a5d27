"""What a history remembers of one partition: rows by key."""

from typing import Any

from stream.columnar.hashtable import HashTable
from stream.columnar.structured import Table
from stream.intake.wall import Undo


class RememberedRows:
    """A table by key that a history looks up and adds to when panes close."""

    def __init__(self, dtype: Any, rows: Table | None = None) -> None:
        self._table = HashTable(dtype, rows)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> Table:
        """What is remembered, a view."""
        return self._table.rows

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return self._table.mark()
