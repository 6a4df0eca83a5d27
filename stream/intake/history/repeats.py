"""Contact history: which contacts are repeats, for first contact resolution (FCR).

A contact is a repeat, and so failed, if the same customer made contact about the same subject within the
repeat window; what counts as the same subject is hashed into the key.  A transfer fails the contact that
it belongs to, once.  A case that is reopened counts as one more contact, which failed.

Each contact gives one observation.  A first contact gives a success, in its own scope and at its own time.  A
repeat gives a failure at its own time, when it is known, and in the scope of the contact that it repeats:
that one had not solved the matter.  Say team A answers Ann at 9 h and team B answers her again at 11 h:

    9 h   A: success        11 h   A: failure        so A has 50 %, and B nothing yet

With `charge: repeat` the failure would be B's.  A late contact, older than the latest known, is itself the
one that had not solved the matter, and so keeps its failure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from stream.columnar.hashtable import Found
from stream.columnar.structured import Table, at, stacked, where
from stream.columnar.timestamps import Ints
from stream.indicators.cells import CELL
from stream.intake.history.remembered import RememberedRows
from stream.intake.history.touchpoints import Mask, Order, Runs, TouchKind, first_closing, remembered
from stream.intake.panes import tallies

HISTORY: Final = np.dtype(
    [("key", "<u8"), ("at_ms", "<i8"), ("id", "<u8"), ("combo", "<i4"), ("solved", "<i4")]
)
"""The latest contact of each key; `id` is its event's, `solved` is 1 as long as it counts as resolved."""

SOLVED: Final = CELL["fcr.resolved"]
FAILED: Final = CELL["fcr.failed"]
REOPENINGS: Final = CELL["fcr.reopened"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What came of contacts.

    `resolved` are the touches of those that count as resolved, `charged` those of which a transfer takes that
    back; the `closing` of these is the transfer's.
    """

    rows: Table
    resolved: Table
    charged: Table


class Charge(StrEnum):
    """Whose scope a repeat counts against."""

    FIRST = "first"  # that of the contact that it repeats
    REPEAT = "repeat"  # its own


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """What is a repeat, and whom it counts against."""

    window_ms: int
    charge: Charge = Charge.FIRST


class Contacts(RememberedRows):
    """Contact history of one partition's customers, over the repeat window."""

    def __init__(self, rule: RepeatRule, pane_ms: int, rows: Table | None = None) -> None:
        super().__init__(HISTORY, rows)
        self._window_ms = rule.window_ms
        self._charge = rule.charge
        self._pane_ms = pane_ms

    def judge(self, touches: Table, *, keep: bool = True) -> Verdicts:
        """Verdicts on touches whose panes close; later calls carry later closings.

        A late contact (older than the latest known) is a repeat if either would be one of the other.
        With `keep` false nothing is remembered: a look at how open panes stand so far.
        """
        order = Order.of(touches, touches["person"])
        if keep:
            oldest_ms = first_closing(touches) * self._pane_ms - self._window_ms
            self._table.reserve(len(order.keys), lambda table: table["at_ms"] >= oldest_ms)
        found = self._table.find(order.keys)
        known = at(self._table.rows, found.places[found.places >= 0])
        heads = remembered(known["key"], known["at_ms"])
        heads["id"], heads["combo"] = known["id"], known["combo"]
        runs = Runs.of(touches, order, heads)
        kind = runs.touches["kind"]
        latest = runs.latest_before(kind != TouchKind.TRANSFERRED)
        near = self._near(runs.touches, latest)
        solved = (kind == TouchKind.CONTACT) & ~near
        solved[kind == TouchKind.REMEMBERED] = known["solved"] != 0
        charging = np.flatnonzero((kind == TouchKind.TRANSFERRED) & near & solved[latest])
        charged, first = np.unique(latest[charging], return_index=True)
        verdicts = self._verdicts(
            self._charged(runs.touches, latest, near),
            solved,
            charged,
            runs.touches["closing"][charging[first]],
        )
        if keep and len(touches):
            solved[charged] = False
            self._remember(runs, found, solved)
        return verdicts

    def _near(self, touches: Table, latest: Ints) -> Mask:
        """Whether the latest contact before each touch is within the window, and not out of memory.

        What is out of memory is a matter of the pane that closes, so that forgetting earlier or later
        makes no difference.
        """
        at_ms = touches["at_ms"]
        oldest_ms = touches["closing"] * self._pane_ms - self._window_ms
        near: Mask = (latest >= 0) & (np.abs(at_ms - at_ms[latest]) <= self._window_ms)
        return near & (at_ms[latest] >= oldest_ms)

    def _charged(self, touches: Table, latest: Ints, near: Mask) -> Table:
        """Touches with the scope in which each counts: a repeat in that of the contact that it repeats."""
        repeats = near & np.isin(
            touches["kind"], (TouchKind.CONTACT, TouchKind.HANDED_ON, TouchKind.REOPENED)
        )
        repeats &= touches["at_ms"][latest] <= touches["at_ms"]
        if self._charge is Charge.REPEAT or not repeats.any():
            return touches
        placed = touches.copy()
        placed["combo"][repeats] = touches["combo"][latest[repeats]]
        return placed

    def _verdicts(self, touches: Table, solved: Mask, charged: Ints, closing: Ints) -> Verdicts:
        """Every contact counts once; those that a transfer charges change sides when it is taken."""
        kind = touches["kind"]
        counts = (kind == TouchKind.CONTACT) | (kind == TouchKind.HANDED_ON) | (kind == TouchKind.REOPENED)
        changed = at(touches, charged)
        changed["closing"] = closing
        rows = [self._tallied(where(touches, counts), np.where(solved[counts], SOLVED, FAILED), 1)]
        rows += [self._tallied(changed, SOLVED, -1), self._tallied(changed, FAILED, 1)]
        rows += [self._tallied(where(touches, kind == TouchKind.REOPENED), REOPENINGS, 1)]
        return Verdicts(stacked(rows), where(touches, solved & counts), changed)

    def _tallied(self, touches: Table, cells: Ints | int, count: int) -> Table:
        pane = touches["at_ms"] // self._pane_ms
        return tallies(touches["closing"], pane, touches["combo"], cells, count)

    def _remember(self, runs: Runs, found: Found, solved: Mask) -> None:
        """Keep the latest contact of each run; `found` says where the runs' keys are."""
        final = runs.latest_until(runs.touches["kind"] != TouchKind.TRANSFERRED)[runs.ends]
        known, new = found.places >= 0, (found.places < 0) & (final >= 0)
        last = at(runs.touches, final)
        rows = np.empty(len(final), HISTORY)
        rows["key"], rows["at_ms"] = last["person"], last["at_ms"]
        rows["id"], rows["combo"], rows["solved"] = last["id"], last["combo"], solved[final]
        self._table.put(found.places[known], where(rows, known))
        self._table.add(where(rows, new), found, new)
