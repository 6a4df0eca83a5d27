"""A detector's memory: tables, whose arrays have one entry per row and grow as scopes appear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from alerts.detect.findings import Ints

FIRST_ROWS: Final = 16


@dataclass(frozen=True, slots=True)
class MemoryColumn:
    """What a row holds before anything was seen of it.  `width` 0 is one number, else that many."""

    dtype: DTypeLike
    fill: float = 0
    width: int = 0


class Table:
    """Columns of equal length by name.

    `rows` is how many rows are in use.  Arrays handed out by `[name]` are the memory itself, valid until
    the next `grow`; they may be longer than `rows`.
    """

    def __init__(self, columns: Mapping[str, MemoryColumn]) -> None:
        self.rows = 0
        self._columns = dict(columns)
        self._arrays = {name: _blank(column, FIRST_ROWS) for name, column in columns.items()}
        self._room = FIRST_ROWS

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """All columns, by name; see `[name]`."""
        return self._arrays

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`; never shrinks."""
        self.rows = max(self.rows, rows)
        if self.rows <= self._room:
            return
        room = max(self.rows, 2 * self._room)
        for name, column in self._columns.items():
            self._arrays[name] = np.concatenate([self._arrays[name], _blank(column, room - self._room)])
        self._room = room

    def clear(self, rows: Ints) -> None:
        """Forget everything about the rows, which may then stand for other scopes."""
        for name, column in self._columns.items():
            self._arrays[name][rows] = column.fill

    def state(self) -> dict[str, NDArray[Any]]:
        """A copy of all columns, for a snapshot."""
        return {name: array[: self.rows].copy() for name, array in self._arrays.items()}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave; columns of another shape or name are left blank."""
        self.grow(max((len(array) for array in state.values()), default=0))
        for name, array in state.items():
            mine = self._arrays.get(name)
            if mine is not None and mine.shape[1:] == array.shape[1:]:
                mine[: len(array)] = array


def _blank(column: MemoryColumn, rows: int) -> NDArray[Any]:
    shape = (rows, column.width) if column.width else (rows,)
    return np.full(shape, column.fill, column.dtype)
