"""Silence: by the learned rhythm, and by either of rhythm and quota."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.detect.volumes.silence import SilenceDetector
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Severity, Silence
from alerts.states import Verdict
from tests.bank_calls import PANE_MS, at, panes
from tests.detector_builders import alike, drive

WEEK_MS = 7 * DAY_MS
ROW, NONE = np.array([0]), np.empty(0, np.int64)
MONTHLY = Budget(1, 30 * DAY_MS)
FIVE_AN_HOUR = Budget(5, HOUR_MS)


LEARNED = 8 * 24 * 60
"""Minutes of traffic after which the rhythm is known."""


def detector(
    at_least: Budget | None = None,
    learn_ms: int | None = WEEK_MS,
    time_zone: str = "UTC",
    pane_ms: int = MINUTE_MS,
) -> SilenceDetector:
    """One row; by the rhythm alone unless said."""
    rule = Silence(at_least, learn_ms, MONTHLY, OpenHours(time_zone), Severity.CRITICAL)
    made = SilenceDetector(rule, pane_ms)
    made.grow(1)
    return made


@cache
def learned() -> dict[str, NDArray[Any]]:
    """What the rhythm knows after eight days with an event every two minutes."""
    made = detector()
    drive(made, [(end, ROW, np.array([n])) for end, n in steady(0, LEARNED)])
    return made.state()


def taught() -> SilenceDetector:
    """A detector that knows a rhythm of thirty an hour."""
    made = detector()
    made.load(learned())
    return made


def breaches(made: SilenceDetector, events: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """When breaches begin and end."""
    found: list[tuple[int, int]] = []
    since = None
    for end, count in events:
        while (wake := made.wake_ms()) is not None and wake < end:
            told = made.step(wake, NONE, NONE)
            if since is None and Verdict.BREACH in told.verdict.tolist():
                since = wake
        told = made.step(end, ROW, np.array([count]))
        if since is not None and told.verdict[0] == Verdict.CLEAR:
            found.append((since, end))
            since = None
    return found if since is None else [*found, (since, 0)]


def test_the_bank_is_missed_on_the_11th_and_12th_and_never_at_night_or_on_saturdays() -> None:
    """Two days without a call, and two hours on the 13th; normal nights and closings are no news."""
    found = breaches(detector(time_zone="Asia/Jerusalem", pane_ms=PANE_MS), panes())
    assert [since // DAY_MS for since, _ in found] == [at(11, 9) // DAY_MS, at(13, 10) // DAY_MS]
    assert at(11, 7) < found[0][0] <= at(11, 8, 30)
    assert found[0][1] >= at(13, 0)
    assert at(13, 9, 50) < found[1][0] <= at(13, 10, 30)
    assert found[1][1] <= at(13, 12)


def test_a_fixed_rate_in_opening_hours_misses_the_bank_on_the_same_days() -> None:
    """Five calls an hour from Sunday to Thursday, 7 to 23 o'clock; other times are nobody's affair."""
    hours = OpenHours("Asia/Jerusalem", tuple((day, 7 * 60, 23 * 60) for day in (6, 0, 1, 2, 3)))
    made = SilenceDetector(Silence(FIVE_AN_HOUR, None, None, hours), PANE_MS)
    made.grow(1)
    found = breaches(made, panes())
    assert [since // DAY_MS for since, _ in found] == [at(11, 9) // DAY_MS, at(13, 10) // DAY_MS]
    assert found[0][0] == at(11, 8)
    assert found[0][1] >= at(13, 0)
    assert at(13, 10, 30) < found[1][0] <= at(13, 11)


def steady(first: int, minutes: int, every: int = 2) -> list[tuple[int, int]]:
    """One event every so many minutes."""
    return [((first + minute) * MINUTE_MS, 1) for minute in range(every, minutes + 1, every)]


def test_quiet_is_noticed_as_time_goes_on_without_data() -> None:
    """Thirty an hour for eight days, then nothing: within half an hour, by waking, and once."""
    made, told = taught(), []
    for _ in range(30):
        wake = made.wake_ms()
        assert wake is not None
        told.append((wake, made.step(wake, NONE, NONE)))
    alarms = [(wake, each) for wake, each in told if Verdict.BREACH in each.verdict.tolist()]
    assert len(alarms) == 1
    wake, found = alarms[0]
    assert 10 * MINUTE_MS < wake - 8 * DAY_MS < 45 * MINUTE_MS
    assert found.value[0] == 0
    assert found.limit[0] > 5
    assert found.evidence[0]["since"] == "1970-01-09T00:00:00Z"


def test_silence_ends_when_events_come_back_convincingly() -> None:
    """One stray event ends nothing; a handful does, and the next silence is noticed again."""
    stray, last = ((LEARNED + 120) * MINUTE_MS, 1), ((LEARNED + 1_200) * MINUTE_MS, 1)
    found = breaches(taught(), [stray, *steady(LEARNED + 180, 600), last])
    assert len(found) == 2
    assert (LEARNED + 180) * MINUTE_MS < found[0][1] < (LEARNED + 200) * MINUTE_MS


def test_a_trickle_is_too_little_as_well() -> None:
    """A tenth of the volume keeps no one from noticing."""
    found = breaches(taught(), steady(LEARNED, 12 * 60, 20))
    assert LEARNED * MINUTE_MS < found[0][0] < (LEARNED + 6 * 60) * MINUTE_MS


def test_steady_traffic_that_is_random_keeps_the_budget() -> None:
    """Forty scopes for nine days past learning: hardly a false page where 12 are allowed."""
    rng, rows = np.random.default_rng(6), np.arange(40)
    made = SilenceDetector(Silence(None, WEEK_MS, MONTHLY), 10 * MINUTE_MS)
    made.grow(40)
    pages, before = 0, np.zeros(40, bool)
    rate = rng.uniform(0.2, 10, 40)
    for pane in range(6 * 24 * 16):
        counts = rng.poisson(rate * (1 + 0.9 * np.sin(pane / 144 * 2 * np.pi)))
        end_ms = (pane + 1) * 10 * MINUTE_MS
        for found in drive(made, [(end_ms, rows[counts > 0], counts[counts > 0])]):
            now = before.copy()
            now[found.rows] = found.verdict == Verdict.BREACH
            pages += int((now & ~before).sum())
            before = now
    assert pages <= 3


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_rhythm_learned_in_less_than_a_week_can_be_missed(days: int) -> None:
    """An outage on the day after is noticed within the hour, and nothing before it."""
    made, minutes = detector(learn_ms=days * DAY_MS), (days * 24 + 10) * 60
    found = breaches(made, steady(0, minutes) + steady(minutes + 180, 60))
    assert len(found) == 1
    assert minutes * MINUTE_MS < found[0][0] < (minutes + 60) * MINUTE_MS


def test_either_of_quota_and_rhythm_breaches() -> None:
    """Before anything is learned the quota speaks; after that whichever is first."""
    made = detector(FIVE_AN_HOUR)
    early = breaches(made, steady(0, 600, 10) + steady(780, 600, 10) + steady(LEARNED - 60, 60))
    assert len(early) == 2
    assert 600 * MINUTE_MS <= early[0][0] <= 622 * MINUTE_MS
    made.load({**made.state(), **learned()})
    told = drive(made, [((LEARNED + minute) * MINUTE_MS, NONE, NONE) for minute in range(1, 50)])
    breach = next(each for each in told if each.evidence)
    assert "expected" in breach.evidence[0]


def test_a_quota_alone_learns_nothing() -> None:
    """Clear while five an hour come, whatever the week before was like."""
    made = detector(FIVE_AN_HOUR, None)
    assert breaches(made, steady(0, 600) + steady(600, 600, 10)) == []


def test_other_scopes_and_restarts_do_not_matter() -> None:
    """Three scopes in one judge, restarted, end up to the last bit like each alone."""
    rng = np.random.default_rng(4)
    together, alone = detector(FIVE_AN_HOUR), [detector(FIVE_AN_HOUR) for _ in range(3)]
    together.grow(3)
    for pane in range(2 * 24 * 9):
        if pane == 400:
            state, together = together.state(), detector(FIVE_AN_HOUR)
            together.load(state)
        counts = rng.poisson([2.4, 0.9, 9])
        rows = np.flatnonzero(counts)
        end_ms = (pane + 1) * 30 * MINUTE_MS
        if len(rows):
            drive(together, [(end_ms, rows, counts[rows])])
        for row in rows.tolist():
            drive(alone[row], [(end_ms, ROW, counts[[row]])])
    end_ms = 9 * DAY_MS + 30 * MINUTE_MS
    drive(together, [(end_ms, np.arange(3), np.ones(3, np.int64))])
    for row in range(3):
        drive(alone[row], [(end_ms, ROW, np.array([1]))])
        mine = {
            key: array[row : row + 1] if len(array) > 1 else array for key, array in together.state().items()
        }
        assert alike(mine, alone[row].state())


def test_cleared_rows_are_as_new() -> None:
    """A row that stands for another scope remembers nothing, and wakes nobody."""
    made = detector(FIVE_AN_HOUR)
    made.step(MINUTE_MS, ROW, np.array([1]))
    made.clear(ROW)
    assert made.wake_ms() == HOUR_MS + MINUTE_MS  # the rhythm's next hour
    assert not made.step(3 * HOUR_MS, NONE, NONE).rows.size
