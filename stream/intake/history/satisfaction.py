"""Satisfaction: contacts that count as resolved fail after all when their customer says so.

For `fcr.satisfied: require`.  A symmetric join of interactions and feedback by the interaction's id: which
side comes first changes nothing.  What a pair does is counted in the pane of the later of the two, and
leaves when that pane has closed in both streams.  A contact that a transfer fails, before or after, is not
failed twice.

    10:00  contact 17, resolved            +1 resolved at 10:00
    10:40  an unhappy answer to 17         -1 resolved, +1 failed, in the pane of 10:40
    10:50  another unhappy answer to 17    nothing: it is failed already
    11:00  an unhappy answer to 18         nothing yet: no contact 18 is known
    11:05  contact 18, resolved            +1 resolved at 11:05; -1 resolved, +1 failed, in the pane of 11:05
"""

from enum import IntEnum
from typing import Final

import numpy as np

from stream.columnar.hashtable import Found, Keys
from stream.columnar.structured import Table, at, stacked, where
from stream.columnar.timestamps import NO_TIME, Ints
from stream.intake.history.remembered import RememberedRows
from stream.intake.history.repeats import FAILED, SOLVED
from stream.intake.history.touchpoints import Order, Runs, first_closing, starts_at
from stream.intake.panes import tallies

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

HEARD: Final = np.dtype(
    [
        ("closing", "<i8"),  # the pane whose closing carries it
        ("at_ms", "<i8"),
        ("interaction", "<u8"),  # hash of the interaction's id: the key of the pair
        ("combo", "<i4"),  # the contact's; 0 for an answer
        ("kind", "<i4"),
    ]
)


class HeardKind(IntEnum):
    """What was heard of an interaction.  The codes are kept in arrays and snapshots.

    Their order is that in which news of one interaction and millisecond is taken.
    """

    RESOLVED_CONTACT = 0
    CHARGED_CONTACT = 1  # a transfer takes back that it is resolved
    UNHAPPY_ANSWER = 2
    REMEMBERED = 5  # stands for what a table knows of a key; heads its run


def heard_of(kind: HeardKind, ids: Keys, at_ms: Ints, closing: Ints, combo: Ints | int = 0) -> Table:
    """What was heard of interactions, given the hashes of their ids."""
    rows = np.zeros(len(ids), HEARD)
    rows["interaction"], rows["at_ms"], rows["closing"] = ids, at_ms, closing
    rows["combo"], rows["kind"] = combo, kind
    return rows


class Satisfaction(RememberedRows):
    """The pairs of one partition, remembered over the repeat window."""

    def __init__(self, window_ms: int, pane_ms: int, rows: Table | None = None) -> None:
        super().__init__(PAIR, rows)
        self._window_ms = window_ms
        self._pane_ms = pane_ms

    def judge(self, touches: Table, *, keep: bool = True) -> Table:
        """Tallies of what was heard; later calls have later closings.

        With `keep` false nothing is remembered.
        """
        order = Order.of(touches, touches["interaction"])
        if keep:
            oldest_ms = first_closing(touches) * self._pane_ms - self._window_ms
            self._table.reserve(len(order.keys), lambda table: table["at_ms"] >= oldest_ms)
        found = self._table.find(order.keys)
        known = at(self._table.rows, found.places[found.places >= 0])
        runs = self._parted(Runs.of(touches, order, _heads(known), "interaction"))
        contact, charge, answer = (
            _first(runs, kind)
            for kind in (HeardKind.RESOLVED_CONTACT, HeardKind.CHARGED_CONTACT, HeardKind.UNHAPPY_ANSWER)
        )
        failed = ((contact >= 0) & (answer >= 0) & (charge < 0)).astype(np.int64)
        before = np.where(runs.start == np.arange(len(failed)), 0, np.roll(failed, 1))
        change = np.where(runs.touches["closing"] == NO_TIME, 0, failed - before)
        if keep and len(touches):
            self._remember(runs, found, (contact, charge, answer))
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
        contacts = at(touches, contact[own])
        at_ms = np.maximum(contacts["at_ms"], touches["at_ms"][answer[own]])
        columns = (touches["closing"][own], at_ms // self._pane_ms, contacts["combo"])
        return stacked([tallies(*columns, FAILED, change[own]), tallies(*columns, SOLVED, -change[own])])

    def _remember(self, runs: Runs, found: Found, firsts: tuple[Ints, Ints, Ints]) -> None:
        """Keep how each key's last run ends; `found` says where the keys are."""
        touches = runs.touches
        last = np.append(np.flatnonzero(np.diff(touches["interaction"])), len(touches) - 1)
        contact, charge, answer = (first[last] for first in firsts)
        rows = np.empty(len(last), PAIR)
        rows["key"] = touches["interaction"][last]
        rows["contact_ms"] = np.where(contact >= 0, touches["at_ms"][contact], NO_TIME)
        rows["answer_ms"] = np.where(answer >= 0, touches["at_ms"][answer], NO_TIME)
        rows["at_ms"] = touches["at_ms"][runs.latest_until(np.ones(len(touches), bool))[last]]
        rows["combo"], rows["charged"] = touches["combo"][contact], charge >= 0
        known = found.places >= 0
        self._table.put(found.places[known], where(rows, known))
        self._table.add(where(rows, ~known), found, ~known)


def _heads(known: Table) -> Table:
    """What a table knows, as touches that come before all others: one as such, one for each thing known."""
    closing = np.full(len(known), NO_TIME)
    parts = [heard_of(HeardKind.REMEMBERED, known["key"], known["at_ms"], closing)]
    for kind, time, there in (
        (HeardKind.RESOLVED_CONTACT, "contact_ms", known["contact_ms"] != NO_TIME),
        (HeardKind.CHARGED_CONTACT, "at_ms", known["charged"] != 0),
        (HeardKind.UNHAPPY_ANSWER, "answer_ms", known["answer_ms"] != NO_TIME),
    ):
        own = where(known, there)
        parts.append(heard_of(kind, own["key"], own[time], closing[there], own["combo"]))
    both = stacked(parts)
    return at(both, np.argsort(both["interaction"], kind="stable"))


def _first(runs: Runs, kind: HeardKind) -> Ints:
    """For each place the first of its run up to it that is of a kind, -1 without one."""
    own = runs.touches["kind"] == kind
    return runs.last_until(own & (runs.last_before(own) < 0))
