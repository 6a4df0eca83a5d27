"""Panes: tallies of slices of event time that are still open, until they close and leave in one piece.

A tally is how often each cell was counted; tallies are added cell by cell.  For example, phone has two
answers of 5 and one of 2 in the pane of 10:00:00, and in another partition one more of 5:

    csat/1-5/5: 2, csat/1-5/2: 1   +   csat/1-5/5: 1   =   csat/1-5/5: 3, csat/1-5/2: 1

CSAT is then 3 of 4, 75 %, in whatever order the events came and wherever they were counted.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.runs import sums_by
from stream.columnar.structured import Table, at, stacked, where
from stream.columnar.timestamps import Ints
from stream.intake.wall import Undo

TALLY: Final = np.dtype(
    [("closing", "<i8"), ("pane", "<i8"), ("combo", "<i4"), ("cell", "<i4"), ("count", "<i8")]
)
"""Counts by the pane whose closing carries them, the pane that they belong to, and the combination of
dimension values."""
KEYS: Final = ("closing", "pane", "combo", "cell")

_COMPACT_FROM: Final = 1 << 16
"""Rows that may wait unmerged: 2 MiB."""
_WIDEST: Final = 2**62


def tallies(closing: Ints, pane: Ints, combo: Ints, cell: Any, count: Any = 1) -> Table:
    """Rows of columns; scalars are spread."""
    rows = np.empty(len(closing), TALLY)
    rows["closing"], rows["pane"], rows["combo"] = closing, pane, combo
    rows["cell"], rows["count"] = cell, count
    return rows


def merged(rows: Table) -> Table:
    """Equal keys added up, in the order of `KEYS`; what adds up to nothing is dropped."""
    if not len(rows):
        return rows
    firsts, sums = sums_by(packed([rows[name] for name in KEYS]), rows["count"])
    out = at(rows, firsts)
    out["count"] = sums
    return where(out, out["count"] != 0)


def packed(columns: Sequence[NDArray[Any]]) -> Ints:
    """One integer per row that orders rows as the columns do, the first column counting most."""
    key, span = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        low = int(column.min())
        part, width = column.astype(np.int64) - low, int(column.max()) - low + 1
        if span * width > _WIDEST:  # ranks need less room than values
            key, span = _ranks(key)
            part, width = _ranks(part)
        key, span = key * width + part, span * width
    return key


def _ranks(column: Ints) -> tuple[Ints, int]:
    """The rank of each value among the distinct ones, and how many these are."""
    distinct, ranks = np.unique(column, return_inverse=True)
    return ranks, len(distinct)


class WaitingRows:
    """Rows that wait until the pane in their `closing` closes; `kind` is their dtype."""

    def __init__(self, kind: "np.dtype[np.void]", rows: Table | None = None) -> None:
        self._parts: list[Table] = [np.empty(0, kind) if rows is None else rows]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def add(self, rows: Table) -> None:
        """Let more rows wait."""
        if len(rows):
            self._parts.append(rows)

    def close(self, through: int) -> Table:
        """Take out the rows of panes up to and with `through`."""
        rows = self.rows()
        due = rows["closing"] <= through
        self._parts = [where(rows, ~due)]
        return where(rows, due)

    def rows(self) -> Table:
        """All of them."""
        return stacked(self._parts)

    def mark(self) -> Undo:
        """Gives what puts them back to how they are now: rows are never written twice."""
        parts = list(self._parts)

        def undo() -> None:
            self._parts = parts

        return undo


class OpenPanes:
    """Tallies of one source that have not left yet."""

    def __init__(self, rows: Table | None = None) -> None:
        self._chunks: list[Table] = [np.empty(0, TALLY) if rows is None else rows]
        self._waiting = len(self._chunks[0])
        self._compact_at = _COMPACT_FROM

    def __len__(self) -> int:
        return self._waiting

    def add(self, rows: Table) -> None:
        """Count on."""
        if len(rows):
            self._chunks.append(rows)
            self._waiting += len(rows)
        if self._waiting > self._compact_at:
            self._keep(merged(self._all()))
            self._compact_at = max(_COMPACT_FROM, 2 * self._waiting)

    def close(self, through: int) -> Table:
        """Take out what leaves with the closing of panes up to and with `through`."""
        rows = self._all()
        gone = rows["closing"] <= through
        self._keep(where(rows, ~gone))
        return where(rows, gone)

    def rows(self) -> Table:
        """Everything that waits, merged."""
        self._keep(merged(self._all()))
        return self._all()

    def mark(self) -> Undo:
        """Gives what puts them back to how they are now: rows are never written twice."""
        chunks, compact_at = list(self._chunks), self._compact_at

        def undo() -> None:
            self._chunks, self._waiting = chunks, sum(map(len, chunks))
            self._compact_at = compact_at

        return undo

    def _all(self) -> Table:
        return stacked(self._chunks)

    def _keep(self, rows: Table) -> None:
        self._chunks, self._waiting = [rows], len(rows)
