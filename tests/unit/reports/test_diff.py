"""Comparing the alerts of two sets of rules."""

from collections.abc import Sequence
from typing import Any

import pytest

from alerts.transitions import Transition
from stream.reports.diff import Difference, Pair, pairs
from stream.reports.episodes import episodes
from tests.transition_builders import MINUTE_MS, step


def alert(began: float, fired: float, ended: float | None, **fields: Any) -> list[Transition]:
    """The transitions of one alert."""
    found = [step("pending", began, began=began), step("firing", fired, began=began, **fields)]
    return found if ended is None else [*found, step("resolved", ended, began=began)]


def compared(old: Sequence[Transition], new: Sequence[Transition]) -> list[Pair]:
    """The pairs of two runs."""
    return pairs(episodes(old), episodes(new))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (alert(0, 5, 10), alert(0, 5, 10), ()),
        (alert(0, 5, 10), alert(0, 5, 20), ()),
        ([], alert(0, 5, 10), (Difference.NEW,)),
        (alert(0, 5, 10), [], (Difference.VANISHED,)),
        (alert(0, 5, 10), alert(0, 7, 10), (Difference.LATER,)),
        (alert(0, 5, 10), alert(1, 4, 10), (Difference.EARLIER,)),
        (alert(0, 5, 10), alert(0, 5, 10, severity="critical"), (Difference.LOUDER,)),
        (alert(0, 5, 10, severity="critical"), alert(0, 6, 10), (Difference.LATER, Difference.QUIETER)),
        (alert(0, 5, None), alert(500, 505, None), (Difference.LATER,)),
    ],
)
def test_what_changed(old: list[Transition], new: list[Transition], changes: tuple[Difference, ...]) -> None:
    """An alert appears, vanishes, moves, or changes its severity."""
    (pair,) = compared(old, new)
    assert pair.changes == changes


def test_by_how_much_it_moved() -> None:
    """Later is positive."""
    (pair,) = compared(alert(0, 5, 10), alert(0, 7.5, 10))
    assert pair.later_ms == 2.5 * MINUTE_MS


def test_alerts_that_do_not_overlap_are_different_ones() -> None:
    """One vanished, another is new; in the order of firing."""
    found = compared(alert(20, 25, 30), alert(0, 5, 10))
    assert [pair.changes for pair in found] == [(Difference.NEW,), (Difference.VANISHED,)]


def test_one_long_alert_stands_for_the_first_that_it_overlaps() -> None:
    """The others are new: they would page again."""
    old = alert(0, 1, 100)
    new = [*alert(0, 1, 10), *alert(20, 21, 30)]
    assert [pair.changes for pair in compared(old, new)] == [(), (Difference.NEW,)]


def test_rules_and_scopes_are_compared_apart() -> None:
    """A rule of another name is another rule."""
    old = [step("firing", 1, rule="a"), step("firing", 1, scope={"channel": "chat"})]
    new = [step("firing", 1, rule="b"), step("firing", 1, scope={"channel": "chat"})]
    found = {pair.either.rule: pair.changes for pair in compared(old, new)}
    assert found == {"a": (Difference.VANISHED,), "b": (Difference.NEW,), "low": ()}
