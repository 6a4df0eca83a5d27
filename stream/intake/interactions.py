"""The line of interactions: volumes at once, history when panes close."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from alerts.hours import ALWAYS, OpenHours
from stream.columnar.hashing import Names, hashed, joined
from stream.columnar.hashtable import Keys
from stream.columnar.structured import Table, stacked, where
from stream.columnar.timestamps import NO_TIME, Ints
from stream.indicators.plan import Plan
from stream.intake.batch import EventBatch
from stream.intake.decoding.limits import VALUE_CHARS
from stream.intake.history.case_lives import CaseTerms
from stream.intake.history.cases import Cases
from stream.intake.history.repeats import Charge, Contacts, RepeatRule
from stream.intake.history.satisfaction import CHARGED_CONTACT, RESOLVED_CONTACT, heard_of
from stream.intake.history.touchpoints import (
    CONTACT,
    HANDED_ON,
    MET,
    MISSED,
    REOPENED,
    RESOLVED,
    TOUCH,
    TRANSFERRED,
    UNSAID,
)
from stream.intake.history.working_time import WorkingTime
from stream.intake.pairs import wanted
from stream.intake.panes import OpenPanes, merged
from stream.intake.scoping.cardinality import CardinalityGuard
from stream.intake.scoping.combinations import Combos
from stream.intake.volumes import ABANDONED, Volumes
from stream.intake.wall import Undo, marked
from stream.messages.events import EVENTS, OUTCOMES, Interaction

NO_TOUCH: Final = 7

_KIND: Final = {
    "transferred": TRANSFERRED,
    "resolved": RESOLVED,
    "reopened": REOPENED,
    "abandoned": ABANDONED,
}
_OF_CONTACT: Final = {"transferred": HANDED_ON, "abandoned": ABANDONED}
KIND_OF: Final[Mapping[tuple[str | None, str | None], int]] = {
    (event, outcome): _KIND.get(event or "contact", _OF_CONTACT.get(outcome or "", CONTACT))
    for event in (None, *EVENTS)
    for outcome in (None, *OUTCOMES)
}
"""What an event and its outcome amount to; an outcome only says something on a contact."""

TARGET_OF: Final = {None: UNSAID, True: MET, False: MISSED}

_EVENT: Final = attrgetter("event", "outcome")
_CUSTOMER: Final = attrgetter("customer")
_TOPIC: Final = attrgetter("topic")
_CASE: Final = attrgetter("case")
_TARGET: Final = attrgetter("within_target")


@dataclass(frozen=True, slots=True)
class Closed:
    """What leaves when panes close: tallies, and what the line of pairs should hear."""

    rows: Table
    heard: Table


class ContactLine:
    """Tallies and history of one partition of cx.interactions."""

    def __init__(self, plan: Plan, combos: Combos, guard: CardinalityGuard) -> None:
        self._guard = guard
        self.folded: dict[str, int] = {}
        """How many of the events taken last lost their value of each dimension."""
        keeps, pane_ms = plan.keeps, plan.rulebook.timing.pane_ms
        fcr = keeps.get("fcr", {})
        window_ms = cast("int", fcr.get("repeat_window", 0))
        self._keeps = keeps
        self._pane_ms = pane_ms
        self._match = cast("str", fcr.get("match", "topic"))
        self._paired = wanted(plan)
        self._touch = _touch_kinds(keeps)
        self._combos = combos
        self._topics = Names(VALUE_CHARS)
        self._open = OpenPanes()
        self._waiting: list[Table] = []
        charge = cast("str", fcr.get("charge", Charge.FIRST.value))
        self._repeats = RepeatRule(window_ms, Charge(charge))
        self._terms = _case_terms(keeps.get("ttr", {}), window_ms, pane_ms)
        self._volumes = Volumes(keeps, pane_ms)
        self._untimed = 0
        self._contacts = Contacts(self._repeats, pane_ms)
        self._cases = Cases(self._terms, pane_ms)

    def take(self, batch: EventBatch[Interaction]) -> None:
        """Count the volumes, and keep what history must judge until its pane closes."""
        kinds = np.array(list(map(KIND_OF.__getitem__, map(_EVENT, batch.events))), np.int64)
        named = self._combos.codes(batch.events)
        combo, self.folded = self._guard.guarded(self._combos, named, batch.clock_ms)
        self._open.add(self._volumes.tallied(batch, kinds, combo))
        touches = self._touches(batch, self._touch[kinds], named, combo)
        if len(touches):
            self._waiting.append(touches)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        waiting, untimed = list(self._waiting), self._untimed
        parts = marked(self._open, self._contacts, self._cases, self._guard)

        def undo() -> None:
            self._waiting, self._untimed = waiting, untimed
            parts()

        return undo

    def take_untimed(self) -> int:
        """How many resolutions could not be timed since the last call."""
        untimed, self._untimed = self._untimed, 0
        return untimed

    def close(self, through: int) -> Closed:
        """What leaves with the panes up to and with `through`."""
        waiting = self._all_waiting()
        due = waiting["closing"] <= through
        self._waiting = [where(waiting, ~due)]
        return self._judged(where(waiting, due), self._open.close(through), keep=True)

    def so_far(self) -> Closed:
        """What would leave if all open panes closed now."""
        return self._judged(self._all_waiting(), self._open.rows(), keep=False)

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {
            "open.interactions": self._open.rows(),
            "waiting": self._all_waiting(),
            "contacts": self._contacts.rows,
            "cases": self._cases.rows,
        }

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._open = OpenPanes(tables["open.interactions"])
        self._waiting = [tables["waiting"]]
        self._contacts = Contacts(self._repeats, self._pane_ms, tables["contacts"])
        self._cases = Cases(self._terms, self._pane_ms, tables["cases"])

    def entries(self) -> dict[str, int]:
        """Sizes of what is remembered."""
        waiting = sum(map(len, self._waiting))
        return {"contacts": len(self._contacts), "cases": len(self._cases), "waiting": waiting}

    def _all_waiting(self) -> Table:
        return stacked(self._waiting) if self._waiting else np.empty(0, TOUCH)

    def _judged(self, touches: Table, counted: Table, *, keep: bool) -> Closed:
        """Tallies with those of history, and what the line of pairs should hear."""
        rows, heard = [counted], [np.empty(0, TOUCH)]
        if "fcr" in self._keeps and len(touches):
            verdicts = self._contacts.judge(where(touches, touches["kind"] != RESOLVED), keep=keep)
            rows.append(verdicts.rows)
            if self._paired:
                heard += [
                    _told(RESOLVED_CONTACT, verdicts.resolved),
                    _told(CHARGED_CONTACT, verdicts.charged),
                ]
        if "ttr" in self._keeps and len(touches):
            resolutions = self._cases.judge(touches, keep=keep)
            rows.append(resolutions.rows)
            self._untimed += resolutions.untimed if keep else 0
        return Closed(merged(stacked(rows)), stacked(heard))

    def _touches(self, batch: EventBatch[Interaction], kinds: Ints, named: Ints, combo: Ints) -> Table:
        """What history must judge: events with a customer, and resolutions that say when they opened.

        `named` are the combinations that events name, `combo` those that they count as.
        """
        customers = list(map(_CUSTOMER, batch.events))
        given = _given(customers)
        timed = (kinds == RESOLVED) & (batch.column != NO_TIME)
        wanted = (kinds != NO_TOUCH) & (given | timed)
        own, given, combo = batch.only(wanted), given[wanted], combo[wanted]
        rows = np.empty(len(own), TOUCH)
        rows["closing"], rows["at_ms"], rows["id"] = own.closing, own.at_ms, own.ids
        rows["opened_ms"], rows["combo"], rows["kind"] = own.column, combo, kinds[wanted]
        rows["target"] = _targets(own.events)
        person = hashed([customer or "" for customer in compress(customers, wanted.tolist())])
        person = np.where(given, person, own.ids)
        rows["subject"] = joined(person, self._topics_of(own.events, named[wanted]))
        case = _cases(own.events)
        rows["case"] = np.where(given & (case != 0), joined(case, person), 0)
        rows["person"] = self._person(person, rows["subject"], case)
        return rows

    def _topics_of(self, events: Sequence[Interaction], combo: Ints) -> Keys:
        """Hashes of topics; those of combinations are at hand where rules tell topics apart."""
        if "topic" in self._combos.dims:
            return self._combos.hashes("topic", combo)
        return self._topics.hashed(list(map(_TOPIC, events)))

    def _person(self, customer: Keys, subject: Keys, case: Keys) -> Keys:
        """The key of the contact history, as `fcr.match` says."""
        match self._match:
            case "any":
                return customer
            case "case":
                return joined(customer, case)
            case _:
                return subject


def _case_terms(options: Mapping[str, object], window_ms: int, pane_ms: int) -> CaseTerms:
    """The terms of cases; a horizon shorter than the repeat window would forget what FCR remembers."""
    target_ms = cast("int", options.get("target", 0))
    horizon_ms = cast("int", options.get("case_horizon", 0))
    reopen_ms, hours = (
        cast("int", options.get("reopen_within", 0)),
        cast("OpenHours", options.get("open", ALWAYS)),
    )
    return CaseTerms(target_ms, max(window_ms, horizon_ms), reopen_ms, pane_ms, WorkingTime(hours))


def _given(texts: Sequence[str | None]) -> NDArray[np.bool_]:
    """Which texts are there and not empty; mostly all are."""
    if None in texts or "" in texts:
        return np.array(list(map(bool, texts)), bool)
    return np.ones(len(texts), bool)


def _cases(events: Sequence[Interaction]) -> Keys:
    """Hashes of the case ids, 0 where there is none."""
    cases = list(map(_CASE, events))
    if cases.count(None) == len(cases):
        return np.zeros(len(cases), np.uint64)
    return np.where([bool(case) for case in cases], hashed([case or "" for case in cases]), np.uint64(0))


def _targets(events: Sequence[Interaction]) -> Ints | int:
    """What resolutions say of their targets; mostly nothing."""
    said = list(map(_TARGET, events))
    if said.count(None) == len(said):
        return UNSAID
    return np.array(list(map(TARGET_OF.__getitem__, said)), np.int64)


def _told(kind: int, contacts: Table) -> Table:
    """What the line of pairs hears of contacts."""
    return heard_of(kind, contacts["id"], contacts["at_ms"], contacts["closing"], contacts["combo"])


def _touch_kinds(keeps: Mapping[str, Mapping[str, object]]) -> Ints:
    """For each kind the kind of touch that it makes, `NO_TOUCH` where history does not care."""
    fcr, ttr = keeps.get("fcr"), "ttr" in keeps
    kinds = np.full(NO_TOUCH, NO_TOUCH, np.int64)
    if fcr is not None or ttr:
        kinds[CONTACT], kinds[HANDED_ON], kinds[REOPENED] = CONTACT, CONTACT, REOPENED
    if fcr is not None and fcr["transfers"] == "fail":
        kinds[HANDED_ON], kinds[TRANSFERRED] = HANDED_ON, TRANSFERRED
    if fcr is not None and fcr["abandoned"] == "include":
        kinds[ABANDONED] = CONTACT
    if ttr:
        kinds[RESOLVED] = RESOLVED
    return kinds
