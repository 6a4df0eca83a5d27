"""The line of pairs: what is heard waits until its pane has closed on both inputs."""

import numpy as np

from stream.columnar.structured import Table
from stream.indicators.cells import CELLS
from stream.intake.history.satisfaction import HeardKind, heard_of
from stream.intake.pairs import PairLine, wanted
from tests.builders import plan_of

PLAN = plan_of("indicators: {fcr: {satisfied: require}}\nrules: []\n")


def heard(kind: HeardKind, pane: int) -> Table:
    """Something about one interaction."""
    return heard_of(kind, np.array([7], np.uint64), np.array([pane * 10_000]), np.array([pane]), 3)


def shown(rows: Table) -> list[tuple[int, int, int, str, int]]:
    """Tallies with names of cells."""
    return [(*row[:3], CELLS[row[3]], row[4]) for row in rows.tolist()]


FAILED = [(2, 2, 3, "fcr.failed", 1), (2, 2, 3, "fcr.resolved", -1)]


def test_pairs_are_wanted_only_where_rules_ask_for_them() -> None:
    """`satisfied: require` is what asks."""
    assert wanted(PLAN)
    assert not wanted(plan_of("rules: []\n"))
    assert not wanted(plan_of("indicators: {fcr: false}\nrules: []\n"))


def test_a_pair_leaves_when_both_panes_have_closed() -> None:
    """Heard in either order; nothing leaves before, and nothing twice."""
    for first, second in (
        (HeardKind.RESOLVED_CONTACT, HeardKind.UNHAPPY_ANSWER),
        (HeardKind.UNHAPPY_ANSWER, HeardKind.RESOLVED_CONTACT),
    ):
        line = PairLine(PLAN)
        line.take(heard(first, 1))
        line.take(heard(second, 2))
        assert not len(line.close(1))
        assert line.entries() == {"pairs": 1}
        assert sorted(shown(line.close(2))) == sorted(FAILED)
        assert not len(line.close(3))


def test_a_look_changes_nothing() -> None:
    """What waits, and what is said besides, is judged as if it closed now."""
    line = PairLine(PLAN)
    line.take(heard(HeardKind.UNHAPPY_ANSWER, 1))
    for _ in range(2):
        assert sorted(shown(line.so_far(heard(HeardKind.RESOLVED_CONTACT, 2)))) == sorted(FAILED)
        assert not len(line.so_far(heard(HeardKind.RESOLVED_CONTACT, 2)[:0]))
    assert line.entries() == {"pairs": 0}


def test_its_state_can_be_carried_over() -> None:
    """What waits and what is remembered; nothing of it need be there."""
    line, other = PairLine(PLAN), PairLine(PLAN)
    line.take(heard(HeardKind.RESOLVED_CONTACT, 1))
    line.close(1)
    line.take(heard(HeardKind.UNHAPPY_ANSWER, 2))
    other.load(line.tables())
    assert sorted(shown(other.close(2))) == sorted(FAILED)
    other.load({})
    assert not len(other.close(9))
