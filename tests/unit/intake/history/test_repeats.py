"""Contacts: hand-made histories, and what first contact resolution comes to."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from stream.indicators.cells import CELL
from stream.indicators.plan import Plan
from stream.intake.history.repeats import HISTORY, Contacts, RepeatRule
from stream.intake.history.touchpoints import TOUCH, TouchKind
from stream.intake.intake import Intake
from stream.messages.records import Stream
from tests.builders import plan_of
from tests.event_builders import Event, contact, counts, ended, told, whole

HOUR_S, DAY_S = 3600, 86_400
CHANNEL = "channel|channel"


def plan(**options: str) -> Plan:
    """FCR alone, with a repeat window of seven days unless set."""
    shown = ", ".join(f"{name}: {value}" for name, value in options.items())
    return plan_of(f"indicators: {{fcr: {{{shown}}}}}\nrules: []\n")


def case(name: str, *events: Event, resolved: int = 0, failed: int = 0, **options: str) -> Any:
    """A row of the table: events, in order, and how many contacts count as resolved and failed."""
    numbered = [{**event, "id": f"{place}"} for place, event in enumerate(events)]
    return pytest.param(numbered, options, resolved, failed, id=name)


def at(at_s: float, **fields: Any) -> Event:
    """A contact at a time."""
    return contact(0, at_s, **fields)


HISTORIES = (
    case("one contact is resolved", at(0), resolved=1),
    case("a second within the window is a repeat", at(0), at(DAY_S), resolved=1, failed=1),
    case("at the very end of the window too", at(0), at(7 * DAY_S), resolved=1, failed=1),
    case("a moment later it is not", at(0), at(7 * DAY_S + 0.001), resolved=2),
    case(
        "each repeat extends the window", *(at(place * 6 * DAY_S) for place in range(4)), resolved=1, failed=3
    ),
    case("another channel is no excuse", at(0), at(60, channel="chat"), resolved=1, failed=1),
    case("another customer is another matter", at(0), at(60, customer="bob"), resolved=2),
    case("so is another topic", at(0, topic="bill"), at(60, topic="line"), resolved=2),
    case("a topic is stripped", at(0, topic="bill"), at(60, topic=" bill "), resolved=1, failed=1),
    case("no topic is a topic", at(0), at(60, topic=""), at(90, topic=None), resolved=1, failed=2),
    case("any: topics do not matter", at(0, topic="a"), at(60, topic="b"), resolved=1, failed=1, match="any"),
    case(
        "case: its id matters",
        at(0, case="1"),
        at(60, case="2"),
        at(90, case="1"),
        resolved=2,
        failed=1,
        match="case",
    ),
    case(
        "case: topics do not",
        at(0, case="1", topic="a"),
        at(60, case="1"),
        resolved=1,
        failed=1,
        match="case",
    ),
    case(
        "no customer, no history",
        at(0, customer=None),
        at(60, customer=None),
        at(90, customer=""),
        resolved=0,
    ),
    case("a shorter window", at(0), at(HOUR_S + 1), resolved=2, repeat_window="1h"),
    case("the same millisecond", at(0), at(0), resolved=1, failed=1),
    case("abandoned is left out", at(0, event="abandoned"), at(60), resolved=1),
    case("by its outcome as well", at(0, outcome="abandoned"), at(60), resolved=1),
    case("and is no history", at(0), at(60, event="abandoned"), at(8 * DAY_S - 60), resolved=2),
    case("include: it counts", at(0, event="abandoned"), at(60), resolved=1, failed=1, abandoned="include"),
    case(
        "include: as a repeat too",
        at(0),
        at(60, outcome="abandoned"),
        resolved=1,
        failed=1,
        abandoned="include",
    ),
    case("a transfer fails the contact before it", at(0), at(60, event="transferred"), failed=1),
    case("but once", at(0), at(60, event="transferred"), at(61, event="transferred"), failed=1),
    case("and not one that failed already", at(0), at(60), at(61, event="transferred"), resolved=1, failed=1),
    case(
        "the latest one", at(0), at(8 * DAY_S), at(8 * DAY_S + 1, event="transferred"), resolved=1, failed=1
    ),
    case("of the same topic", at(0, topic="a"), at(60, topic="b", event="transferred"), resolved=1),
    case("within the window", at(0), at(8 * DAY_S, event="transferred"), resolved=1),
    case("without a contact nothing", at(60, event="transferred"), resolved=0),
    case("it is no contact itself", at(0, event="transferred"), at(60), resolved=1),
    case(
        "nor does it extend the window",
        at(0),
        at(5 * DAY_S, event="transferred"),
        at(8 * DAY_S),
        failed=1,
        resolved=1,
    ),
    case("a contact handed on has failed", at(0, outcome="transferred"), failed=1),
    case("once, whatever follows", at(0, outcome="transferred"), at(1, event="transferred"), failed=1),
    case("and is history", at(0, outcome="transferred"), at(60), failed=2),
    case("ignore: handing on is fine", at(0, outcome="transferred"), resolved=1, transfers="ignore"),
    case("ignore: so is a transfer", at(0), at(60, event="transferred"), resolved=1, transfers="ignore"),
    case("a case reopened has failed", at(0), at(60, event="reopened"), resolved=1, failed=1),
    case("even without a contact before", at(60, event="reopened"), failed=1),
    case("and is history", at(0, event="reopened"), at(60), failed=2),
    case(
        "a resolution counts nothing", at(0), at(60, event="resolved"), at(61, event="resolved"), resolved=1
    ),
    case("nor does it end the window", at(0), at(60, event="resolved"), at(90), resolved=1, failed=1),
    case("an outcome of unresolved is no repeat", at(0, outcome="unresolved"), resolved=1),
    case(
        "an outcome says nothing on another event",
        at(0),
        at(60, event="resolved", outcome="transferred"),
        resolved=1,
    ),
    case("arrival out of order", at(5), at(0), resolved=1, failed=1),
    case("late: one of two is a repeat", at(0), at(HOUR_S), at(60), resolved=1, failed=2),
    case("late: before the first", at(HOUR_S), at(0), resolved=1, failed=1),
    case("late: long before the first", at(9 * DAY_S), at(0), resolved=2),
    case("late: a transfer finds its contact", at(0), at(HOUR_S), at(60, event="transferred"), failed=2),
)


def outcome_of(sums: Mapping[str, int]) -> tuple[int, int]:
    """Resolved and failed."""
    return sums.get("fcr.resolved", 0), sums.get("fcr.failed", 0)


@pytest.mark.parametrize(("events", "options", "resolved", "failed"), HISTORIES)
def test_histories(events: list[Event], options: dict[str, str], resolved: int, failed: int) -> None:
    """Each story comes to what its name says, all at once or one by one."""
    wanted = plan(**options)
    assert outcome_of(whole(wanted, events)) == (resolved, failed)
    intake = Intake(wanted, 0)
    found = told(intake, Stream.INTERACTIONS, events, 1)
    found.update(ended(intake))
    sums: dict[str, int] = {}
    for (*_, key, _, cell), count in found.items():
        if key == CHANNEL:
            sums[cell] = sums.get(cell, 0) + count
    assert outcome_of(sums) == (resolved, failed)


def test_a_transfer_is_charged_where_the_contact_was() -> None:
    """In the pane and the channel of the contact, riding on the closing of the transfer's pane."""
    events = [at(0), {**at(600, event="transferred", channel="chat"), "id": "t"}, {**at(900), "id": "x"}]
    intake = Intake(plan(), 0)
    found = told(intake, Stream.INTERACTIONS, events)
    moved = {
        key[1:3]: count for key, count in found.items() if key[3:] == (CHANNEL, ("phone",), "fcr.resolved")
    }
    pane = events[0]["at"] // 10
    assert moved == {(pane, pane): 1, (pane + 60, pane): -1}


def test_open_panes_can_be_looked_at() -> None:
    """How they stand so far, without anything being remembered for it."""
    intake = Intake(plan(), 0)
    told(intake, Stream.INTERACTIONS, [at(0), {**at(5), "id": "b"}])
    first = counts(section for shard in intake.open_sections({Stream.INTERACTIONS: 9}) for section in shard)
    again = counts(section for shard in intake.open_sections({Stream.INTERACTIONS: 9}) for section in shard)
    assert first == again
    assert {key[5]: count for key, count in first.items() if key[3] == CHANNEL and "fcr" in key[5]} == {
        "fcr.resolved": 1,
        "fcr.failed": 1,
    }


def test_history_is_forgotten_after_the_window() -> None:
    """A hundred thousand customers over seventy windows leave few behind."""
    contacts = Contacts(RepeatRule(1000), 10)
    touches = np.zeros(100_000, TOUCH)
    touches["person"] = np.random.default_rng(5).integers(0, 2**64, len(touches), np.uint64)
    touches["at_ms"] = np.arange(len(touches))
    touches["closing"], touches["kind"] = touches["at_ms"] // 10, TouchKind.CONTACT
    for first in range(0, len(touches), 500):
        contacts.judge(touches[first : first + 500])
    assert len(contacts) < 5000
    assert HISTORY.itemsize <= 32


def test_a_long_batch_forgets_nothing_that_its_first_contacts_need() -> None:
    """A batch over many windows, for which the table must grow, sees what a batch per contact would."""
    touches = np.zeros(2_000, TOUCH)
    touches["person"] = np.random.default_rng(6).integers(0, 2**64, len(touches), np.uint64)
    touches["person"][1_000::2] = touches["person"][:1_000:2]  # every other one comes again within the window
    touches["at_ms"] = np.arange(len(touches))
    touches["closing"], touches["kind"] = touches["at_ms"] // 10, TouchKind.CONTACT

    def failed(cuts: list[int]) -> int:
        contacts = Contacts(RepeatRule(1_200), 10)
        parts = (contacts.judge(part).rows for part in np.split(touches, cuts))
        return sum(int(rows["count"][rows["cell"] == CELL["fcr.failed"]].sum()) for rows in parts)

    assert failed([600]) == failed(list(range(100, 2_000, 100))) == 500


def test_a_repeat_counts_against_whom_it_repeats() -> None:
    """Forty customers whom team A failed call team B: A failed them, B has solved nothing wrong."""
    events = [at(n, id=f"a{n}", customer=f"c{n}", team="A") for n in range(40)]
    events += [at(7200 + n, id=f"b{n}", customer=f"c{n}", team="B") for n in range(40)]
    for charge, failing in (("first", "A"), ("repeat", "B")):
        teams = plan_of(
            f"indicators: {{fcr: {{charge: {charge}}}}}\n"
            "rules: [{name: low, indicator: fcr, by: [team], warning: 70}]"
        )
        intake = Intake(teams, 0)
        found = told(intake, Stream.INTERACTIONS, [*events, at(90_000, id="end", customer="z")])
        by_team: Counter[tuple[str, str]] = Counter()
        for key, n in found.items():
            if key[3] == "team|team":
                by_team[key[4][0], key[5]] += n
        assert (by_team["A", "fcr.resolved"], by_team[failing, "fcr.failed"]) == (40, 40)
        assert ({"A", "B"} - {failing}).pop() not in {team for team, cell in by_team if cell == "fcr.failed"}
