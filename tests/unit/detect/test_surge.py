"""Surge: more volume than the rhythm allows."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detect.volumes.surge import SurgeDetector
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Surge
from alerts.states import Verdict
from tests.bank_calls import PANE_MS, at, panes
from tests.detector_builders import alike, drive

WEEK_MS = 7 * DAY_MS
ROW = np.array([0])


def detector(rows: int = 1, time_zone: str = "UTC", pane_ms: int = MINUTE_MS) -> SurgeDetector:
    """One page in thirty days, after a week."""
    made = SurgeDetector(Surge(WEEK_MS, Budget(1, 30 * DAY_MS), OpenHours(time_zone)), pane_ms)
    made.grow(rows)
    return made


@cache
def learned() -> dict[str, NDArray[Any]]:
    """What is known after 200 hours of 120 events each."""
    made = detector()
    steady(made, range(200), 2)
    return made.state()


def taught() -> SurgeDetector:
    """A detector that has learned a rhythm of 120 an hour."""
    made = detector()
    made.load(learned())
    return made


def test_the_banks_surge_is_found_within_minutes_and_little_else() -> None:
    """18 January from 15:10; before it the day after two days without calls, and eleven calls in a night."""
    made = detector(1, "Asia/Jerusalem", PANE_MS)
    told = [
        (end, bool(made.step(end, ROW, np.array([count])).verdict[0] == Verdict.BREACH))
        for end, count in panes()
    ]
    alarms = first_ends(told)
    assert any(at(18, 15, 10) <= end <= at(18, 15, 20) for end in alarms)
    known = [at(13, 0) <= end <= at(14, 0) or at(18, 15) <= end <= at(18, 16) for end in alarms]
    assert known.count(False) <= 1


def first_ends(told: list[tuple[int, bool]]) -> list[int]:
    """Where breaches begin."""
    return [end for (end, now), (_, before) in zip(told[1:], told, strict=False) if now and not before]


def steady(made: SurgeDetector, hours: range, per_minute: int) -> list[int]:
    """Verdicts of row 0 with so many events a minute."""
    return [
        int(made.step(hour * HOUR_MS + (minute + 1) * MINUTE_MS, ROW, np.array([per_minute])).verdict[0])
        for hour in hours
        for minute in range(60)
    ]


def test_a_surge_is_over_when_the_volume_is_back() -> None:
    """Insufficient while it learns, clear, breach within minutes of four times the volume, clear again."""
    assert set(steady(detector(), range(2), 2)) == {Verdict.INSUFFICIENT}
    made = taught()
    assert set(steady(made, range(200, 201), 2)) == {Verdict.CLEAR}
    during = steady(made, range(201, 202), 8)
    assert Verdict.BREACH in during[:10]
    assert during[-1] == Verdict.BREACH
    after = steady(made, range(202, 203), 2)
    assert after[0] == Verdict.BREACH
    assert after[-1] == Verdict.CLEAR


def test_what_is_said_of_a_breach() -> None:
    """How many came, how many the rhythm allows and expected, and since when."""
    made = taught()
    steady(made, range(200, 201), 8)
    found = made.step(201 * HOUR_MS + MINUTE_MS, ROW, np.array([8]))
    assert found.value[0] == found.n[0] > 400
    assert 120 < found.limit[0] < found.value[0]
    assert found.evidence[0]["since"] == "1970-01-09T08:00:00Z"
    assert 120 <= float(str(found.evidence[0]["expected"])) <= 125


def test_random_traffic_keeps_the_budget() -> None:
    """Sixty scopes for two weeks past learning: a tenth of the false pages that are allowed."""
    rng, made = (
        np.random.default_rng(8),
        SurgeDetector(Surge(WEEK_MS, Budget(1, DAY_MS // 2)), 10 * MINUTE_MS),
    )
    rows = np.arange(60)
    made.grow(60)
    pages, before = 0, np.zeros(60, bool)
    rate = rng.uniform(0.5, 20, 60)
    for pane in range(6 * 24 * 21):
        daily = 1 + 0.9 * np.sin(pane / 144 * 2 * np.pi)
        found = made.step((pane + 1) * 10 * MINUTE_MS, rows, rng.poisson(rate * daily))
        now = found.verdict == Verdict.BREACH
        pages += int((now & ~before).sum())
        before = now
    assert pages <= 60 * 14 * 2 / 10


def test_other_scopes_and_restarts_do_not_matter() -> None:
    """Three scopes in one judge, restarted, end up to the last bit like each alone."""
    rng = np.random.default_rng(4)
    together, alone = detector(3), [detector() for _ in range(3)]
    for pane in range(60 * 24 * 8):
        if pane == 5_000:
            state, together = together.state(), detector(3)
            together.load(state)
        counts = rng.poisson([0.02, 0.1, 0.01])
        rows = np.flatnonzero(counts)
        if len(rows):
            end_ms = (pane + 1) * MINUTE_MS
            drive(together, [(end_ms, rows, counts[rows])])
            for row in rows.tolist():
                drive(alone[row], [(end_ms, ROW, counts[[row]])])
    end_ms = (60 * 24 * 8 + 1) * MINUTE_MS
    drive(together, [(end_ms, np.arange(3), np.ones(3, np.int64))])
    for row in range(3):
        drive(alone[row], [(end_ms, ROW, np.array([1]))])
        mine = {key: array[row : row + 1] for key, array in together.state().items()}
        assert alike(mine, alone[row].state())


def test_a_surge_of_hours_is_one_page_where_much_comes_in() -> None:
    """Three hours of twice as much as 720 an hour: by chance it looks over every few minutes."""
    rows, rng = np.arange(16), np.random.default_rng(7)
    made = detector(len(rows))
    pages, was = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    for minute in range(200 * 60 + 180):
        times = 2 if minute >= 200 * 60 else 1
        found = made.step((minute + 1) * MINUTE_MS, rows, rng.poisson(12 * times, len(rows)))
        now = found.verdict == Verdict.BREACH
        pages += now & ~was if times > 1 else 0
        was = now
    assert pages.max() <= 2
    assert (pages == 1).sum() >= 14  # there were eight each
    assert was.all()
