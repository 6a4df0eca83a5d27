"""The line of interactions: what each event and outcome counts in."""

from typing import Any

import pytest

from stream.intake.intake import Intake
from stream.intake.touches import KIND_OF
from stream.messages.events import EVENTS, OUTCOMES
from stream.messages.records import Stream
from tests.builders import plan_of
from tests.event_builders import contact, told, whole

KEPT = plan_of("indicators: {wait: {target: 20s}, abandonment: {}, contacts: {}}\nrules: []\n")

VOLUMES: tuple[tuple[dict[str, Any], dict[str, int]], ...] = (
    ({}, {"contacts": 1}),
    ({"event": "contact"}, {"contacts": 1}),
    ({"event": None}, {"contacts": 1}),
    ({"customer": None}, {"contacts": 1}),
    ({"event": "abandoned"}, {"contacts": 1, "abandoned": 1}),
    ({"outcome": "abandoned"}, {"contacts": 1, "abandoned": 1}),
    ({"event": "abandoned", "outcome": "resolved"}, {"contacts": 1, "abandoned": 1}),
    ({"outcome": "resolved"}, {"contacts": 1}),
    ({"outcome": "transferred"}, {"contacts": 1}),
    ({"event": "transferred"}, {}),
    ({"event": "resolved"}, {}),
    ({"event": "reopened"}, {}),
    ({"event": "resolved", "outcome": "abandoned"}, {}),
    ({"wait_s": 0}, {"contacts": 1, "wait.within": 1}),
    ({"wait_s": 20}, {"contacts": 1, "wait.within": 1}),
    ({"wait_s": 20.001}, {"contacts": 1, "wait.over": 1}),
    ({"wait_s": 30, "outcome": "transferred"}, {"contacts": 1, "wait.over": 1}),
    ({"wait_s": 30, "event": "abandoned"}, {"contacts": 1, "abandoned": 1}),
    ({"wait_s": 30, "event": "resolved"}, {}),
)


@pytest.mark.parametrize(("fields", "expected"), VOLUMES)
def test_volumes_and_waits(fields: dict[str, Any], expected: dict[str, int]) -> None:
    """Every contact is one, whoever made it; only those that were answered have waited."""
    assert volumes(whole(KEPT, [contact(**fields)])) == expected


def volumes(sums: Any) -> dict[str, int]:
    """What is counted at once, without history."""
    return {cell: count for cell, count in sums.items() if not cell.startswith(("fcr.", "ttr."))}


def test_every_event_and_outcome_amounts_to_something() -> None:
    """The table is total."""
    assert set(KIND_OF) == {(event, outcome) for event in (None, *EVENTS) for outcome in (None, *OUTCOMES)}


def test_what_is_not_kept_is_not_counted() -> None:
    """An indicator that is switched off costs nothing, but its events are checked all the same."""
    plan = plan_of(
        "indicators: {wait: false, abandonment: false, contacts: false, fcr: false, ttr: false}\nrules: []\n"
    )
    intake = Intake(plan, 0)
    events = [
        contact(1, 0, wait_s=3),
        contact(2, 60, event="resolved"),
        contact(3, 600),
        contact(4, 900, at="x"),
    ]
    assert not told(intake, Stream.INTERACTIONS, events)
    assert intake.entries() == {
        "ids": 3,
        "combos": 1,
        "contacts": 0,
        "cases": 0,
        "waiting": 0,
        "answerers": 0,
    }


def test_abandonment_needs_all_contacts() -> None:
    """Its share is of contacts, so these are counted even where their own volume is not kept."""
    plan = plan_of("indicators: {contacts: false, abandonment: {}}\nrules: []\n")
    assert volumes(whole(plan, [contact()]))["contacts"] == 1
