"""Volume against a rhythm: sides, wake-ups, and which moments matter."""

from typing import Any

import numpy as np

from alerts.detect.volumes.silence import TOO_LOW
from alerts.detect.volumes.surge import TOO_HIGH
from alerts.detect.volumes.volume import VolumeWatch, Watched
from alerts.detect.volumes.volume_run import Side
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Severity
from alerts.states import Verdict
from tests.detector_builders import drive

ROW, NONE = np.array([0]), np.empty(0, np.int64)
NIGHTLY = OpenHours("UTC", tuple((day, 8 * 60, 18 * 60) for day in range(7)))


def watch(side: Side, hours: OpenHours | None = None) -> VolumeWatch:
    """One page in thirty days, after a week, panes of five minutes."""
    rule = Watched(7 * DAY_MS, Budget(1, 30 * DAY_MS), hours or OpenHours(), Severity.WARNING)
    made = VolumeWatch(side, rule, 5 * MINUTE_MS)
    made.grow(1)
    return made


def live(made: VolumeWatch, hours: range, per_hour: int = 12) -> list[int]:
    """Verdicts on a steady volume, by pane."""
    step = HOUR_MS // per_hour
    panes = [
        (hour * HOUR_MS + (at + 1) * step, ROW, np.array([1])) for hour in hours for at in range(per_hour)
    ]
    return [int(found.verdict[0]) for found in drive(made, panes) if len(found.rows)]


def test_it_sleeps_until_its_first_event_and_then_wakes_hour_by_hour() -> None:
    """Nothing is expected of a scope that nobody has heard of."""
    made = watch(TOO_LOW)
    assert made.wake_ms() is None
    made.step(HOUR_MS + 5 * MINUTE_MS, ROW, np.array([1]))
    assert made.wake_ms() == 2 * HOUR_MS + 5 * MINUTE_MS
    assert made.due(HOUR_MS + 10 * MINUTE_MS).tolist() == []


def test_silence_wakes_for_its_own_alarm_once_it_has_learned() -> None:
    """Earlier than the hour's end when quiet alone would be enough by then."""
    made = watch(TOO_LOW)
    live(made, range(8 * 24), 12)
    found: list[Any] = []
    while not found:
        wake = made.wake_ms()
        assert wake is not None
        assert wake < 8 * DAY_MS + 6 * HOUR_MS
        found = [each for each in [made.step(wake, NONE, NONE)] if Verdict.BREACH in each.verdict.tolist()]
    assert found[0].severity[0] == 1
    wake = made.wake_ms()
    assert wake is not None
    assert wake % HOUR_MS == 5 * MINUTE_MS  # in breach only the rhythm goes on


def test_a_surge_never_wakes_for_quiet() -> None:
    """Time without events speaks against it."""
    made = watch(TOO_HIGH)
    live(made, range(8 * 24), 12)
    wake = made.wake_ms()
    assert wake is not None
    assert wake % HOUR_MS == 5 * MINUTE_MS


def test_what_comes_behind_closed_doors_is_neither_judged_nor_learned() -> None:
    """Forty calls at night are no surge where nights are closed."""
    made = watch(TOO_HIGH, NIGHTLY)
    for day in range(9):
        live(made, range(day * 24 + 8, day * 24 + 18))
    told = drive(made, [(9 * DAY_MS + 2 * HOUR_MS, ROW, np.array([40]))])
    assert told[-1].verdict[0] == Verdict.INSUFFICIENT
    assert set(live(made, range(9 * 24 + 8, 9 * 24 + 10))) == {Verdict.CLEAR}


def test_learning_is_insufficient() -> None:
    """Neither good nor bad is known in the first week."""
    assert set(live(watch(TOO_HIGH), range(24))) == {Verdict.INSUFFICIENT}


def test_since_when_does_not_depend_on_other_scopes() -> None:
    """Panes of 90 minutes: an hour that ends within one is behind whoever has been heard of in it."""
    rule = Watched(DAY_MS, Budget(1, 30 * DAY_MS), OpenHours(), Severity.WARNING)
    begun = []
    for neighbours in (0, 1):
        made = VolumeWatch(TOO_HIGH, rule, 90 * MINUTE_MS)
        made.grow(1 + neighbours)
        made.step(90 * MINUTE_MS, np.arange(1 + neighbours), np.full(1 + neighbours, 6))
        panes = [
            ((pane + 1) * 90 * MINUTE_MS, ROW, np.array([60 if pane > 48 else 6])) for pane in range(1, 52)
        ]
        found = [each for each in drive(made, panes) if each.verdict[0] == Verdict.BREACH]
        begun.append([each.evidence[0]["since"] for each in found if 0 in each.rows])
    assert begun[0] == begun[1] == ["1970-01-04T01:30:00Z"] * 3
