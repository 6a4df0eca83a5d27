"""The cardinality guard: what is told apart is bounded, and a function of the records before."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import RulebookError
from alerts.rules import DAY_MS, Limits
from stream.intake.intake import Intake
from stream.intake.scoping.cardinality import CardinalityGuard
from stream.intake.scoping.combinations import Combos
from stream.messages.records import Stream
from stream.messages.tallies import OTHER
from tests.builders import plan_of
from tests.event_builders import by_cell, contact, counts, ended, records, told

DIMS = ("channel", "topic")
Named = tuple[str, str]
Step = tuple[Named, int]
"""The values of an event, and how many days its clock is past that of the one before."""


class Model:
    """The same in the plainest Python."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.turn, self.day = 0, 0
        self.known: list[dict[Any, int]] = [{}, {}, {}]

    def take(self, values: Named, day: int) -> Named:
        """What an event counts as."""
        if day != self.day:
            self.known = [{each: turn for each, turn in of.items() if turn >= self.turn} for of in self.known]
            self.day, self.turn = day, self.turn + 1
        most = self.limits.max_values
        channel, topic = (
            value if not value or self.admits(of, value, most) else OTHER
            for of, value in zip(self.known, values, strict=False)
        )
        if not self.admits(self.known[2], (channel, topic), self.limits.max_combinations):
            topic = OTHER
        return channel, topic

    def admits(self, known: dict[Any, int], value: Any, most: int) -> bool:
        """Whether it is told apart."""
        if value not in known and len(known) >= most:
            return False
        known[value] = self.turn
        return True


letters = st.sampled_from(["", "a", "b", "c", "d", "e"])
steps = st.lists(st.tuples(st.tuples(letters, letters), st.sampled_from([0, 0, 0, 1, 1, 3])), max_size=60)
limits_ = st.builds(Limits, st.integers(1, 4), st.integers(1, 8))


def guarded(limits: Limits, events: list[Step], cut: int) -> list[Named]:
    """What events count as, so many fed at a time, each time by a guard that was saved and restored."""
    combos = Combos(DIMS)
    guard = CardinalityGuard(DIMS, limits)
    days = np.cumsum([more for _, more in events]) + 100
    found: list[Named] = []
    for start in range(0, len(events), cut):
        named = [values for values, _ in events[start : start + cut]]
        own = combos.numbers(named)
        undo = guard.mark()
        guard.guarded(combos, own[::-1], (days[start : start + cut] + 7) * DAY_MS)
        undo()
        codes, lost = guard.guarded(combos, own, days[start : start + cut] * DAY_MS)
        as_counted = [combos.values[code] for code in codes.tolist()]
        folds = Counter(
            dim
            for was, now in zip(named, as_counted, strict=True)
            for dim, before, after in zip(DIMS, was, now, strict=True)
            if before != after
        )
        assert lost == folds
        found += [(channel, topic) for channel, topic in as_counted]
        guard = CardinalityGuard(DIMS, limits, guard.saved())
    return found


@given(limits_, steps, st.integers(1, 60))
def test_what_counts_is_a_function_of_what_came_before(limits: Limits, events: list[Step], cut: int) -> None:
    """Neither batches nor snapshots decide, and what was undone leaves no trace."""
    model, days = Model(limits), np.cumsum([more for _, more in events]) + 100
    wanted = [model.take(values, int(day)) for (values, _), day in zip(events, days, strict=True)]
    assert guarded(limits, events, cut) == wanted


def test_the_example_of_the_docstring() -> None:
    """Two values, over three days."""
    came = [("phone", 0), ("chat", 0), ("phone", 0), ("fax", 0), ("chat", 0)]
    came += [("phone", 1), ("fax", 0), ("fax", 1), ("chat", 0)]
    found = guarded(Limits(2), [((channel, ""), more) for channel, more in came], 4)
    assert [channel for channel, _ in found] == [
        "phone", "chat", "phone", OTHER, "chat", "phone", OTHER, "fax", OTHER,
    ]  # fmt: skip


PLAN = plan_of(
    """
limits: {max_values: 5}
rules: [{name: low, indicator: csat, by: [channel, topic], critical: 50, explain: []}]
"""
)


def test_a_flood_of_values_leaves_the_real_ones_exact() -> None:
    """What was there before the flood is told apart; the rest is one more value."""
    intake = Intake(PLAN, 0)
    flood = [contact(f"j{n}", n / 100, channel=f"junk{n}", topic=f"t{n}", customer=None) for n in range(3000)]
    real = [contact(n, n, customer=f"c{n}", topic="bill") for n in range(30)]
    mixed = sorted([*flood, *real], key=lambda event: (event["at"], event["id"]))
    found = told(intake, Stream.INTERACTIONS, mixed, 100) + ended(intake)
    channels = Counter[str]()
    for (*_, key, values, cell), count in found.items():
        if (key, cell) == ("channel|channel", "contacts"):
            channels[values[0]] += count
    assert (channels["phone"], len(channels), channels.total()) == (30, 6, 3030)
    assert channels[OTHER] > 2900


def test_what_looks_personal_is_one_value_and_counted() -> None:
    """Known or not, on whatever day, and without taking a place from others."""
    people = [contact(n, n, channel=f"ann{n}@example.com", topic="+33 6 12 34 56 78") for n in range(20)]
    usual = [contact(100 + n, 30 + n, channel="phone") for n in range(3)]
    output = Intake(PLAN, 0).feed(Stream.INTERACTIONS, records([*people, *usual]))
    assert output.folded == {"channel": 20, "topic": 20}
    intake = Intake(PLAN, 0)
    found = told(intake, Stream.INTERACTIONS, [*people, *usual]) + ended(intake)
    channels = {values[0] for (*_, key, values, _) in found if key == "channel|channel"}
    assert channels == {"(personal)", "phone"}


def test_the_output_says_how_many_count_as_other() -> None:
    """By dimension, for the metric."""
    events = [contact(n, channel=f"c{n}", topic=f"t{n % 2}") for n in range(9)]
    assert Intake(PLAN, 0).feed(Stream.INTERACTIONS, records(events)).folded == {"channel": 4}


def test_customers_who_come_back_about_another_topic_do_not_repeat() -> None:
    """Also where both topics count as `(other)`."""
    events = [contact(n, n, topic=f"t{n}", customer=f"c{n}") for n in range(5)]
    events += [contact("a", 6, topic="x"), contact("b", 7, topic="y"), contact("c", 8, topic="x")]
    intake = Intake(PLAN, 0)
    found = by_cell(told(intake, Stream.INTERACTIONS, events) + ended(intake))
    assert (found["fcr.resolved"], found["fcr.failed"]) == (7, 1)


def test_a_snapshot_remembers_what_is_told_apart() -> None:
    """A restored intake folds what the other would have folded."""
    first, then = ([contact(n, n, channel=f"c{n}") for n in span] for span in (range(5), range(9)))
    intake = Intake(PLAN, 0)
    intake.feed(Stream.INTERACTIONS, records(first))
    restored = Intake.restore(PLAN, 0, intake.snapshot())
    fed = records(then, 5)
    assert intake.feed(Stream.INTERACTIONS, fed).folded == restored.feed(Stream.INTERACTIONS, fed).folded
    assert ended(intake) == ended(restored)


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "many", "1000001"])
def test_a_limit_is_a_whole_number(wrong: str) -> None:
    """From 1 on, and not without bound."""
    with pytest.raises(RulebookError, match="max_values: want a whole number from 1 to 1000000"):
        plan_of(f"limits: {{max_values: {wrong}}}\nrules: []")


def test_unless_set_ten_thousand_values_are_told_apart() -> None:
    """As the rules file's documentation says."""
    assert plan_of("rules: []").rulebook.limits == Limits(10_000, 500_000)
    assert plan_of("limits: {max_combinations: 7}\nrules: []").rulebook.limits.max_combinations == 7
    assert counts([]) == Counter()
