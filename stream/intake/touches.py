"""Touches: what the history of customers and cases takes of interactions, as rows with hashed keys.

An event makes a touch if the rules' history cares for its kind, and if it has a customer.  A resolution makes
one without, too: it counts if it says when its case was opened, and is told as untimed if it does not.  For
example, with `fcr: {transfers: fail}` a contact that was handed on makes a touch of
its own kind; without FCR it is a contact like any other, since only cases care.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashing import Names, hashed, joined
from stream.columnar.hashtable import Keys
from stream.columnar.structured import Table
from stream.columnar.timestamps import Ints
from stream.indicators.plan import Plan
from stream.intake.batch import EventBatch
from stream.intake.decoding.limits import VALUE_CHARS
from stream.intake.history.touchpoints import MET, MISSED, TOUCH, UNSAID, TouchKind
from stream.intake.scoping.combinations import Combos
from stream.messages.events import EVENTS, OUTCOMES, Interaction
from stream.messages.nobody import are_nobody

_KIND: Final = {
    "transferred": TouchKind.TRANSFERRED,
    "resolved": TouchKind.RESOLVED,
    "reopened": TouchKind.REOPENED,
    "abandoned": TouchKind.ABANDONED,
}
_OF_CONTACT: Final = {"transferred": TouchKind.HANDED_ON, "abandoned": TouchKind.ABANDONED}
KIND_OF: Final[Mapping[tuple[str | None, str | None], int]] = {
    (event, outcome): int(_KIND.get(event or "contact", _OF_CONTACT.get(outcome or "", TouchKind.CONTACT)))
    for event in (None, *EVENTS)
    for outcome in (None, *OUTCOMES)
}
"""What an event and its outcome amount to, a `TouchKind` as the bare number that arrays take fastest.  An
outcome only says something on a contact."""

TARGET_OF: Final = {None: UNSAID, True: MET, False: MISSED}


class TouchMaker:
    """Makes the touches of one partition, as the rules' history wants them."""

    def __init__(self, plan: Plan, combos: Combos) -> None:
        self._match = cast("str", plan.keeps.get("fcr", {}).get("match", "topic"))
        self._kinds = _touch_kinds(plan.keeps)
        self._combos = combos
        self._topics = Names(VALUE_CHARS)

    def made(self, batch: EventBatch[Interaction], kinds: Ints, named: Ints, combo: Ints) -> Table:
        """The touches of a batch: events with a customer, and all resolutions, timed or not.

        `named` are the combinations that events name, `combo` those that they count as.
        """
        kinds = self._kinds[kinds]
        given, wanted, person = _who(batch, kinds)
        own, given, combo = batch.only(wanted), given[wanted], combo[wanted]
        rows = np.empty(len(own), TOUCH)
        rows["closing"], rows["at_ms"], rows["id"] = own.closing, own.at_ms, own.ids
        rows["opened_ms"], rows["combo"], rows["kind"] = own.column, combo, kinds[wanted]
        rows["target"] = _targets(own.events)
        rows["subject"] = joined(person, self._topics_of(own.events, named[wanted]))
        case = _cases(own.events)
        rows["case"] = np.where(given & (case != 0), joined(case, person), 0)
        rows["person"] = self._person(person, rows["subject"], case)
        return rows

    def _topics_of(self, events: Sequence[Interaction], combo: Ints) -> Keys:
        """Hashes of topics; those of combinations are at hand where rules tell topics apart."""
        if "topic" in self._combos.dims:
            return self._combos.hashes("topic", combo)
        return self._topics.hashed([event.topic for event in events])

    def _person(self, customer: Keys, subject: Keys, case: Keys) -> Keys:
        """The key of the contact history, as `fcr.match` says."""
        match self._match:
            case "any":
                return customer
            case "case":
                return joined(customer, case)
            case _:
                return subject


def _who(batch: EventBatch[Interaction], kinds: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Keys]:
    """Which events have a customer, which make a touch, and hashes of the customers of the latter."""
    customers = [event.customer for event in batch.events]
    given = _given(customers)
    while True:
        wanted = (kinds != TouchKind.NO_TOUCH) & (given | (kinds == TouchKind.RESOLVED))
        person = _people(compress(customers, wanted.tolist()), given[wanted], batch.ids[wanted])
        nobody = given[wanted] & are_nobody(person)
        if not nobody.any():
            return given, wanted, person
        given[np.flatnonzero(wanted)[nobody]] = False


def _given(texts: Sequence[str | None]) -> NDArray[np.bool_]:
    """Which texts are there and not empty; mostly all are."""
    if all(texts):
        return np.ones(len(texts), bool)
    return np.fromiter(map(bool, texts), bool, len(texts))


def _people(customers: Iterable[str | None], given: NDArray[np.bool_], ids: Keys) -> Keys:
    """Hashes of customers, of the event where there is none."""
    if given.all():
        return hashed(cast("Iterable[str]", customers))
    return np.where(given, hashed(customer or "" for customer in customers), ids)


def _cases(events: Sequence[Interaction]) -> Keys:
    """Hashes of the case ids, 0 where there is none."""
    cases = [event.case for event in events]
    if cases.count(None) == len(cases):
        return np.zeros(len(cases), np.uint64)
    given = [bool(case and not case.isspace()) for case in cases]
    return np.where(given, hashed([case or "" for case in cases]), np.uint64(0))


def _targets(events: Sequence[Interaction]) -> Ints | int:
    """What resolutions say of their targets; mostly nothing."""
    said = [event.within_target for event in events]
    if said.count(None) == len(said):
        return UNSAID
    return np.array(list(map(TARGET_OF.__getitem__, said)), np.int64)


def _touch_kinds(keeps: Mapping[str, Mapping[str, object]]) -> Ints:
    """For each kind the kind of touch that it makes, `NO_TOUCH` where history does not care."""
    fcr, ttr = keeps.get("fcr"), "ttr" in keeps
    of = dict.fromkeys(TouchKind, TouchKind.NO_TOUCH)
    if fcr is not None or ttr:
        of |= dict.fromkeys((TouchKind.CONTACT, TouchKind.HANDED_ON), TouchKind.CONTACT)
        of[TouchKind.REOPENED] = TouchKind.REOPENED
    if fcr is not None and fcr["transfers"] == "fail":
        of |= {kind: kind for kind in (TouchKind.HANDED_ON, TouchKind.TRANSFERRED)}
    if fcr is not None and fcr["abandoned"] == "include":
        of[TouchKind.ABANDONED] = TouchKind.CONTACT
    if ttr:
        of[TouchKind.RESOLVED] = TouchKind.RESOLVED
    return np.array([of[kind] for kind in TouchKind], np.int64)
