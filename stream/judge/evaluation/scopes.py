"""Scopes: which row stands for which combination of dimension values in one grouping's arrays."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from sys import intern
from typing import Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from alerts.readings import Scope, scope_object, scope_text
from stream.indicators.plan import Grouping

Values = tuple[str, ...]
Ints = NDArray[np.int64]

FIRST_ROOM: Final = 16
"""Rows that there is room for at first; doubled whenever it runs out."""


class PublishedScope(NamedTuple):
    """A scope as scores carry it, the same in JSON, and as their keys have it."""

    fields: Mapping[str, str]
    json: bytes
    text: bytes

    @classmethod
    def of(cls, scope: Scope) -> "PublishedScope":
        """Of dimension and value pairs."""
        fields = scope_object(scope)
        json = b"%b" % orjson.dumps(fields)  # a copy: orjson leaves 4 KB of room behind each
        return cls(fields, json, scope_text(scope).encode())


class ScopeTable:
    """Rows by the values of a grouping's dimensions.

    A row is given away when its scope is first heard of, and may be taken back and given to another scope
    once nothing of it is left; `seen_ms` says when data of each row was last counted.
    """

    def __init__(self, grouping: Grouping) -> None:
        self.grouping: Final = grouping
        self.seen_ms: Ints = np.zeros(0, np.int64)
        self._rows: dict[Values, int] = {}
        self._values: list[Values | None] = []
        self._free: list[int] = []
        self.changes = 0  # how often a row was given away or taken back
        self._published: dict[int, PublishedScope] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def room(self) -> int:
        """Row numbers are below this."""
        return len(self._values)

    def row_of(self, values: Values, grow: Callable[[int], None]) -> int:
        """The scope's row; calls `grow` with the new room before it hands out the first row beyond it."""
        return self.rows_of([values], grow)[0]

    def rows_of(self, scopes: Sequence[Values], grow: Callable[[int], None]) -> list[int]:
        """The rows of scopes, as `row_of` gives them one by one."""
        known = list(map(self._rows.get, scopes))
        new = dict.fromkeys(values for values, row in zip(scopes, known, strict=True) if row is None)
        if new:
            for values, row in zip(new, self._given(len(new), grow), strict=True):
                own = tuple(map(intern, values))  # scopes share their values
                self._rows[own] = row
                self._values[row] = own
            self.changes += len(new)
        return list(map(self._rows.__getitem__, scopes))

    def values(self, row: int) -> Values:
        """What the row stands for."""
        values = self._values[row]
        if values is None:
            raise KeyError(row)
        return values

    def scope(self, row: int) -> Scope:
        """What the row stands for, as dimension and value pairs."""
        return tuple(zip(self.grouping.dims, self.values(row), strict=True))

    def published(self, row: int) -> PublishedScope:
        """What the row stands for, as cx.scores carries it; not to be changed."""
        found = self._published.get(row)
        if found is None:
            found = self._published[row] = PublishedScope.of(self.scope(row))
        return found

    def known(self, values: Values) -> int | None:
        """The scope's row, if it has one."""
        return self._rows.get(values)

    def used(self) -> Ints:
        """All rows that stand for something, ascending."""
        return np.array(sorted(self._rows.values()), np.int64)

    def __iter__(self) -> Iterator[tuple[Values, int]]:
        return iter(self._rows.items())

    def release(self, rows: Ints) -> None:
        """Take rows back."""
        for row in rows.tolist():
            values = self._values[row]
            if values is not None:
                del self._rows[values]
                self._values[row] = None
                self._published.pop(row, None)
                self._free.append(row)
                self.changes += 1

    def _given(self, many: int, grow: Callable[[int], None]) -> list[int]:
        """So many free rows, which are free no more."""
        given: list[int] = []
        while len(given) < many:
            if not self._free:
                self._grow(grow)
            first = max(len(self._free) - (many - len(given)), 0)
            given += reversed(self._free[first:])
            del self._free[first:]
        return given

    def _grow(self, grow: Callable[[int], None]) -> None:
        room = max(FIRST_ROOM, 2 * self.room)
        self._free.extend(reversed(range(self.room, room)))
        self._values.extend([None] * (room - self.room))
        self.seen_ms = np.pad(self.seen_ms, (0, room - len(self.seen_ms)))
        grow(room)
