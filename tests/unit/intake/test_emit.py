"""Emission: every grouping's sums, each at the shard of its scope, and a section for every shard."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.indicators.cells import CELLS
from stream.indicators.plan import Plan
from stream.intake.emit import Emitter
from stream.intake.panes import TALLY, merged, tallies
from stream.intake.scoping.combinations import Combos
from stream.intake.source_clock import SourceClock
from stream.messages.tallies import Kind, Rows
from tests.builders import plan_of, shard_of
from tests.event_builders import counts

RULES = """
rules:
  - {name: a, indicator: csat, by: [channel], explain: [stage], window: 10m, critical: 50}
  - {name: b, indicator: csat, by: [stage], window: 10m, critical: 50}
  - {name: c, indicator: csat, by: [], window: 10m, critical: 50}
  - {name: d, indicator: csat, by: [stage], detect: gap, across: channel, window: 10m, false_pages: 1 per 30d}
"""
VALUES = [("phone", "use", "a"), ("phone", "buy", "a"), ("web", "use", "b"), ("web", "", "")]
small = st.integers(0, 3)
rows = st.lists(st.tuples(small, small, small, small, st.integers(-2, 3)), max_size=20)


def source() -> SourceClock:
    """One that has closed pane 9."""
    return SourceClock(
        name="feedback/0", pane_ms=10_000, lateness_ms=10_000, next_offset=12, clock_ms=123_456, through=9
    )


def emitter(partitions: int) -> tuple[Plan, Emitter]:
    """An emitter that knows the combinations."""
    plan = plan_of(RULES, partitions)
    assert plan.used_dims == ("channel", "stage", "topic")
    return plan, Emitter(plan, Combos(plan.used_dims, VALUES))


@given(rows, st.integers(1, 5))
def test_every_row_counts_in_every_grouping_at_its_shard(of: list[tuple[int, ...]], partitions: int) -> None:
    """Sums per closing, pane, scope and cell, each in the section of the shard that keeps the scope."""
    plan, one = emitter(partitions)
    table = merged(tallies(*np.array(of, np.int64).reshape(-1, 5).T))
    shards = one.sections(Kind.CLOSED, source(), table)
    expected: Counter[tuple[object, ...]] = Counter()
    for closing, pane, combo, cell, count in of:
        event = dict(zip(plan.used_dims, VALUES[combo], strict=True))
        for grouping in plan.groupings:
            values = tuple(event[dim] for dim in grouping.dims)
            shard = shard_of(grouping, values, partitions)
            expected[shard, "feedback/0", closing, pane, grouping.key, values, CELLS[cell]] += count
    found = {(shard, *key): count for shard, each in enumerate(shards) for key, count in counts(each).items()}
    assert found == {key: count for key, count in expected.items() if count}


@given(rows, st.integers(1, 5))
def test_rows_are_sorted_and_scopes_are_used(of: list[tuple[int, ...]], partitions: int) -> None:
    """By closing; a section names no scope that it has nothing of, and none twice."""
    _, one = emitter(partitions)
    table = merged(tallies(*np.array(of, np.int64).reshape(-1, 5).T))
    for (section,) in one.sections(Kind.CLOSED, source(), table):
        assert (np.diff(section.rows.closing) >= 0).all()
        assert set(section.rows.scope.tolist()) == set(range(len(section.scopes)))
        assert len(set(section.scopes)) == len(section.scopes)
        columns = (section.rows.closing, section.rows.pane, section.rows.scope, section.rows.cell)
        assert len(set(zip(*(column.tolist() for column in columns), strict=True))) == len(section.rows)


def test_every_shard_hears_how_far_the_source_is() -> None:
    """Also without rows: what it has closed, where it stands, and its clock."""
    _, one = emitter(3)
    for (section,) in one.sections(Kind.IDLE, source(), np.empty(0, TALLY), 31_000):
        assert (section.kind, section.source, section.position) == (Kind.IDLE, "feedback/0", 12)
        assert (section.through, section.clock_ms, section.quiet_ms) == (9, 123_456, 31_000)
        assert isinstance(section.rows, Rows)
        assert not len(section.rows)
    assert one.silence() == [[], [], []]


def test_a_plan_without_groupings_says_nothing() -> None:
    """Rows that nobody asks for go nowhere."""
    plan = Plan(plan_of("rules: []\n").rulebook, 2, publishes=False)
    one = Emitter(plan, Combos(plan.used_dims, [()]))
    sections = one.sections(Kind.CLOSED, source(), tallies(*np.zeros((4, 3), np.int64)))
    assert [len(section.rows) for (section,) in sections] == [0, 0]
