"""Satisfaction: contacts that count as resolved fail after all when their customer says so.

For `fcr.satisfied: require`.  A symmetric join of interactions and feedback by the interaction's id: which
side comes first changes nothing.  What a pair does is counted in the pane of the later of the two, and
leaves when that pane has closed in both streams.  A contact that a transfer fails, before or after, is not
failed twice.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.contacts import FAILED, SOLVED
from stream.hashtable import HashTable, Keys, Table
from stream.panes import tallies
from stream.times import NO_TIME, Ints
from stream.touches import REMEMBERED, TOUCH, Runs, starts_at

PAIR: Final = np.dtype(
    [
        ("key", "<u8"),  # hash of the interaction's id
        ("contact_ms", "<i8"),  # NO_TIME until a contact with it counts as resolved
        ("answer_ms", "<i8"),  # NO_TIME until an answer to it is not positive
        ("at_ms", "<i8"),  # the latest that was heard of it
        ("combo", "<i4"),  # the contact's
        ("charged", "<i4"),  # 1 when a transfer has failed the contact
    ]
)

# Kinds of what is heard; in a TOUCH, `person` is the hash of the interaction's id.
RESOLVED_CONTACT: Final = 0
CHARGED_CONTACT: Final = 1
UNHAPPY_ANSWER: Final = 2


def heard_of(kind: int, ids: Keys, at_ms: Ints, closing: Ints, combo: Ints | int = 0) -> Table:
    """What was heard of interactions, as touches."""
    rows = np.zeros(len(ids), TOUCH)
    rows["person"], rows["at_ms"], rows["closing"] = ids, at_ms, closing
    rows["combo"], rows["kind"] = combo, kind
    return rows


class Satisfaction:
    """The pairs of one partition, remembered over the repeat window."""

    def __init__(self, window_ms: int, pane_ms: int, rows: Table | None = None) -> None:
        self._window_ms = window_ms
        self._pane_ms = pane_ms
        self._table = HashTable(PAIR, rows)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> Table:
        """What is remembered, a view."""
        return self._table.rows

    def judge(self, touches: Table, *, keep: bool = True) -> Table:
        """Tallies of what was heard, in order; later calls have later closings.

        With `keep` false nothing is remembered.
        """
        keys = np.unique(touches["person"])
        places = self._table.find(keys)
        runs = self._parted(
            Runs.of(touches, touches["person"], _heads(self._table.rows[places[places >= 0]]))
        )
        contact, charge, answer = (
            _first(runs, kind) for kind in (RESOLVED_CONTACT, CHARGED_CONTACT, UNHAPPY_ANSWER)
        )
        failed = ((contact >= 0) & (answer >= 0) & (charge < 0)).astype(np.int64)
        before = np.where(runs.start == np.arange(len(failed)), 0, np.roll(failed, 1))
        change = np.where(runs.touches["closing"] == NO_TIME, 0, failed - before)
        if keep and len(keys):
            self._remember(runs, places, (contact, charge, answer))
        return self._tallied(runs.touches, change, contact, answer)

    def _parted(self, runs: Runs) -> Runs:
        """Runs that start anew after a silence that is longer than what is remembered."""
        count = len(runs.start)
        everything = np.ones(count, bool)
        latest = runs.latest_before(everything)
        at_ms, closing = runs.touches["at_ms"], runs.touches["closing"]
        forgotten = (latest >= 0) & (closing != NO_TIME)
        forgotten &= at_ms[latest] < closing * self._pane_ms - self._window_ms
        return Runs(runs.touches, starts_at(forgotten | (runs.start == np.arange(count))))

    def _tallied(self, touches: Table, change: Ints, contact: Ints, answer: Ints) -> Table:
        own = np.flatnonzero(change)
        contacts = touches[contact[own]]
        at_ms = np.maximum(contacts["at_ms"], touches["at_ms"][answer[own]])
        columns = (touches["closing"][own], at_ms // self._pane_ms, contacts["combo"])
        return np.concatenate(
            [tallies(*columns, FAILED, change[own]), tallies(*columns, SOLVED, -change[own])]
        )

    def _remember(self, runs: Runs, places: Ints, firsts: tuple[Ints, Ints, Ints]) -> None:
        """Keep how each key's last run ends; `places` are the keys' rows, -1 for new ones."""
        touches = runs.touches
        last = np.append(np.flatnonzero(np.diff(touches["person"])), len(touches) - 1)
        contact, charge, answer = (first[last] for first in firsts)
        rows = np.empty(len(last), PAIR)
        rows["key"] = touches["person"][last]
        rows["contact_ms"] = np.where(contact >= 0, touches["at_ms"][contact], NO_TIME)
        rows["answer_ms"] = np.where(answer >= 0, touches["at_ms"][answer], NO_TIME)
        rows["at_ms"] = touches["at_ms"][runs.latest_until(np.ones(len(touches), bool))[last]]
        rows["combo"], rows["charged"] = touches["combo"][contact], charge >= 0
        known = places >= 0
        self._table.rows[places[known]] = rows[known]
        oldest_ms = int(touches["closing"].max()) * self._pane_ms - self._window_ms
        self._table.add(rows[~known], lambda table: _since(table, oldest_ms))


def _since(table: Table, oldest_ms: int) -> NDArray[np.bool_]:
    alive: NDArray[np.bool_] = table["at_ms"] >= oldest_ms
    return alive


def _heads(known: Table) -> Table:
    """What a table knows, as touches that come before all others: one as such, one for each thing known."""
    closing = np.full(len(known), NO_TIME)
    parts = [heard_of(REMEMBERED, known["key"], known["at_ms"], closing)]
    for kind, time, there in (
        (RESOLVED_CONTACT, "contact_ms", known["contact_ms"] != NO_TIME),
        (CHARGED_CONTACT, "at_ms", known["charged"] != 0),
        (UNHAPPY_ANSWER, "answer_ms", known["answer_ms"] != NO_TIME),
    ):
        own = known[there]
        parts.append(heard_of(kind, own["key"], own[time], closing[there], own["combo"]))
    return np.concatenate(parts)


def _first(runs: Runs, kind: int) -> Ints:
    """For each place the first of its run up to it that is of a kind, -1 without one."""
    own = runs.touches["kind"] == kind
    return runs.last_until(own & (runs.last_before(own) < 0))
