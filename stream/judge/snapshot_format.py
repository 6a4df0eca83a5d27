"""The form of a judge's snapshot: a header that describes, and arrays in one run of bytes.

Arrays go by their number; scopes, rules, windows and cells by their names.
"""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.judge.watermarks import SourceProgress

VERSION: Final = 2
"""Of the form of snapshots; others are not read."""

COLUMNS: Final = ("closing", "pane", "scope", "cell", "count")

RULE_REMOVED: Final = "rule_removed"
STATE_LOST: Final = "state_lost"
"""Why an alert has ended without having recovered; in the evidence of its last transition."""


class Alert(msgspec.Struct, array_like=True, kw_only=True):
    """An episode that goes on; `row` is a place in the scopes of its group."""

    rule: str
    row: int
    state: int
    started_at_ms: int
    severity: int
    seq: int
    due_ms: int | None
    healthy_ms: int | None = None


class Rolling(msgspec.Struct, array_like=True, kw_only=True):
    """A window.  `cells` is the number of the array with its columns' cells, `hours` names its opening hours.

    `kept` and `waiting` are the numbers of the arrays with what is in it and what waits for its slot to
    end: enters, slot, places, counts (see `windows.Slotted`).  `times` are the same of single times, both one
    after the other.
    """

    window_ms: int
    slot_panes: int
    cells: int
    last: int
    kept: list[int]
    waiting: list[int]
    hours: str = ""
    times: list[int] = []


class Grouped(msgspec.Struct, array_like=True, kw_only=True):
    """A group; arrays about its scopes have one entry per scope, in the order of `scopes`.

    `firings` are, by rule and place of a scope, when episodes of the last day began to fire.  `asks` is what
    each rule asked; older versions did not say.
    """

    key: str
    scopes: list[tuple[str, ...]]
    seen_ms: int
    windows: list[Rolling]
    alerts: list[Alert]
    detectors: dict[str, dict[str, int]]
    firings: list[tuple[str, int, list[int]]] = []
    asks: dict[str, str] = {}


class Open(msgspec.Struct, array_like=True):
    """Provisional rows of one source: numbers of the columns' arrays; `times` are those of single times.

    They stand apart, here and in the header, as versions that do not know them look up every cell by its
    number.
    """

    source: str
    scopes: list[tuple[str, tuple[str, ...]]]
    columns: list[int]
    times: list[int] = []


class About(msgspec.Struct, array_like=True):
    """What must still be told of a rule with alerts once it is gone."""

    indicator: str
    definition: dict[str, Any]


class Orphan(msgspec.Struct, array_like=True, kw_only=True):
    """An alert that ended at `at_ms` for a `reason` that is none of health, and nobody has been told yet."""

    rule: str
    about: About
    scope: list[tuple[str, str]]
    severity: int
    started_at_ms: int
    seq: int
    at_ms: int
    reason: str = RULE_REMOVED


class LostAlert(msgspec.Struct, array_like=True, kw_only=True):
    """An alert that is open on cx.alerts and unknown to a judge that began from nothing.

    It is waited for until all panes that end by `alert.at_ms` have been judged; `state` is the last that was
    told of it, RESOLVED where it is to end.
    """

    alert: Orphan
    state: int


class Header(msgspec.Struct, kw_only=True):
    """Everything but the arrays, which follow each other in the second chunk as `arrays` describes.

    `rules` are those with alerts that go on.  `expects`: scopes that rules name are waited for.
    `pending_times` are the single times among what is pending.  `lost` are alerts to be gone on with later.
    """

    version: int
    pane_ms: int
    cells: list[str]
    judged: int
    first_pane: int | None
    forget_ms: int
    epoch_ms: int | None
    wall_ms: int
    sources: dict[str, SourceProgress]
    provisional: list[Open]
    groups: list[Grouped]
    pending: list[int]
    arrays: list[tuple[str, list[int]]]
    rules: dict[str, About] = {}
    orphans: list[Orphan] = []
    expects: bool = False
    pending_times: list[int] = []
    leap_ms: int | None = None
    lost: list[LostAlert] = []


class Arrays:
    """Arrays by number, as one run of bytes."""

    def __init__(self) -> None:
        self.described: list[tuple[str, list[int]]] = []
        self._arrays: list[NDArray[Any]] = []

    def put(self, array: NDArray[Any]) -> int:
        """Add an array, which must stay as it is until all are joined; its number."""
        self.described.append((array.dtype.newbyteorder("<").str, list(array.shape)))
        self._arrays.append(np.ascontiguousarray(array, array.dtype.newbyteorder("<")))
        return len(self.described) - 1

    def joined(self) -> bytes:
        """All arrays, one after the other."""
        return b"".join(array.data for array in self._arrays)


def arrays_of(described: list[tuple[str, list[int]]], data: bytes) -> list[NDArray[Any]]:
    """The arrays that `Arrays` had joined."""
    found, start = [], 0
    for dtype, shape in described:
        array = np.frombuffer(data, dtype, int(np.prod(shape)), start).reshape(shape)
        start += array.nbytes
        found.append(array.astype(array.dtype.newbyteorder("=")))
    return found
