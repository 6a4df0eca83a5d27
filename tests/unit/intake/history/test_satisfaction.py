"""Satisfaction: contacts that their customers were not satisfied with, whichever side comes first."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from stream.indicators.plan import Plan
from stream.intake.history.satisfaction import HeardKind, Satisfaction, heard_of
from stream.intake.intake import Intake
from stream.messages.records import Stream
from tests.builders import plan_of
from tests.event_builders import Event, answer, by_cell, contact, counts, ended, told, whole

DAY_S = 86_400
BASE = "indicators: {csat: {%s}, fcr: {satisfied: require, repeat_window: 1d%s}}\nrules: []\n"


def plan(csat: str = "", fcr: str = "") -> Plan:
    """FCR for which the customer must be satisfied too."""
    return plan_of(BASE % (csat, fcr))


def at(at_s: float, name: str = "c1", **fields: Any) -> Event:
    """A contact; its id is its name."""
    return {**contact(0, at_s, **fields), "id": name}


def says(score: float | str, at_s: float = 60, of: str | None = "c1", **fields: Any) -> Event:
    """An answer about a contact."""
    return {**answer(f"{score}{at_s}{of}", at_s, score=score, interaction=of, **fields)}


STORIES = (
    ("satisfied", [at(0)], [says(4)], 1, 0),
    ("not satisfied", [at(0)], [says(3)], 0, 1),
    ("not satisfied twice", [at(0)], [says(3), says(2, 70)], 0, 1),
    ("both", [at(0)], [says(5), says(2, 70)], 0, 1),
    ("about another contact", [at(0)], [says(1, of="c2")], 1, 0),
    ("about none", [at(0)], [says(1, of=None), says(1, of="")], 1, 0),
    ("a repeat fails once", [at(0), at(60, "c2")], [says(1, 90, "c2")], 1, 1),
    ("without consent", [at(0)], [says(1, consent=False)], 1, 0),
    ("another indicator", [at(0)], [says(0, indicator="nps")], 1, 0),
    ("another scale", [at(0)], [says(7, scale="1-10")], 0, 1),
    ("yes and no", [at(0)], [says("no", scale="yes-no")], 0, 1),
    ("transferred as well", [at(0), at(30, "t", event="transferred")], [says(1)], 0, 1),
    ("transferred later", [at(0), at(600, "t", event="transferred")], [says(1)], 0, 1),
    ("too long after", [at(0)], [says(1, 3 * DAY_S)], 1, 0),
    ("an answer long before", [at(3 * DAY_S)], [says(1, 0)], 1, 0),
    ("an answer just before", [at(60)], [says(1, 0)], 0, 1),
)


@pytest.mark.parametrize(
    ("contacts", "feedback", "resolved", "failed"),
    [row[1:] for row in STORIES],
    ids=[row[0] for row in STORIES],
)
def test_stories(contacts: list[Event], feedback: list[Event], resolved: int, failed: int) -> None:
    """Each comes to what its name says, in any interleaving of the two inputs."""
    turns = [Stream.INTERACTIONS] * len(contacts) + [Stream.FEEDBACK] * len(feedback)
    for order in set(permutations(turns)):
        left = {Stream.INTERACTIONS: iter(contacts), Stream.FEEDBACK: iter(feedback)}
        intake = Intake(plan(), 0)
        found = told(intake, Stream.INTERACTIONS, [])
        for stream in order:
            found.update(told(intake, stream, [next(left[stream])]))
        found.update(ended(intake))
        sums = by_cell(found)
        assert (sums.get("fcr.resolved", 0), sums.get("fcr.failed", 0)) == (resolved, failed)


def test_what_is_positive_is_declared() -> None:
    """The scale and `positive_from` of the rules file say who is satisfied."""
    strict = plan("scale: 1-5, positive_from: 5")
    assert whole(strict, [at(0)], [says(4)])["fcr.failed"] == 1
    assert whole(strict, [at(0)], [says(8, scale="1-10")])["fcr.resolved"] == 1


def test_a_pair_counts_in_the_later_pane_and_the_contacts_scope() -> None:
    """It leaves from a source of its own, when both inputs have closed that pane."""
    intake = Intake(plan(), 0)
    assert intake.sources == ("interactions/0", "feedback/0", "joined/0")
    found = told(intake, Stream.INTERACTIONS, [at(0), at(600, "c2", customer="bob")])
    assert not [key for key in found if key[0] == "joined/0"]
    found = told(intake, Stream.FEEDBACK, [says(1, 100, channel="mail"), says(5, 400, "c9")])
    pane = int(at(100)["at"]) // 10
    joined = {key[1:]: count for key, count in found.items() if key[0] == "joined/0"}
    assert joined == {
        (pane, pane, "channel|channel", ("phone",), "fcr.failed"): 1,
        (pane, pane, "channel|channel", ("phone",), "fcr.resolved"): -1,
    }


def test_pairs_are_quiet_as_soon_as_one_input_is() -> None:
    """They wait for both, so either may hold them up; what they come to so far is shown."""
    intake = Intake(plan(), 0)
    told(intake, Stream.INTERACTIONS, [at(0)])
    told(intake, Stream.FEEDBACK, [says(1)])
    idle = [section for shard in intake.open_sections({Stream.FEEDBACK: 31_000}) for section in shard]
    assert [(section.source, section.quiet_ms) for section in idle] == [
        ("feedback/0", 31_000),
        ("joined/0", 31_000),
    ]
    pane = int(at(60)["at"]) // 10
    assert counts(idle[1:])["joined/0", pane, pane, "channel|channel", ("phone",), "fcr.failed"] == 1
    active = [section.source for shard in intake.active_sections(Stream.FEEDBACK) for section in shard]
    assert active == ["feedback/0", "joined/0"]


def test_pairs_are_forgotten_after_the_window() -> None:
    """A hundred thousand contacts without an answer, over many windows, leave few behind."""
    pairs = Satisfaction(1000, 10)
    ids = np.random.default_rng(5).integers(0, 2**64, 100_000, np.uint64)
    at_ms = np.arange(len(ids))
    for first in range(0, len(ids), 500):
        own = slice(first, first + 500)
        kind = HeardKind.UNHAPPY_ANSWER if first % 1000 else HeardKind.RESOLVED_CONTACT
        assert not len(pairs.judge(heard_of(kind, ids[own], at_ms[own], at_ms[own] // 10)))
    assert len(pairs) < 5000
