"""Silence: by the learned rhythm, and by either of rhythm and quota."""

import numpy as np

from alerts.detect.silence import SilenceDetector
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, OpenHours, Severity, Silence
from alerts.states import Verdict
from tests.bank_calls import at, panes
from tests.detector_builders import alike, drive

WEEK_MS = 7 * DAY_MS
ROW, NONE = np.array([0]), np.empty(0, np.int64)
MONTHLY = Budget(1, 30 * DAY_MS)
FIVE_AN_HOUR = Budget(5, HOUR_MS)


def detector(
    at_least: Budget | None = None, learn_ms: int | None = WEEK_MS, hours: OpenHours | None = None
) -> SilenceDetector:
    """One row; by the rhythm alone unless said."""
    rule = Silence(at_least, learn_ms, MONTHLY, hours or OpenHours(), Severity.CRITICAL)
    made = SilenceDetector(rule, MINUTE_MS)
    made.grow(1)
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
    found = breaches(detector(hours=OpenHours("Asia/Jerusalem")), panes())
    assert [since // DAY_MS for since, _ in found] == [at(11, 9) // DAY_MS, at(13, 10) // DAY_MS]
    assert at(11, 7) < found[0][0] <= at(11, 8, 30)
    assert found[0][1] >= at(13, 0)
    assert at(13, 9, 50) < found[1][0] <= at(13, 10, 30)
    assert found[1][1] <= at(13, 12)


def steady(first: int, minutes: int, every: int = 2) -> list[tuple[int, int]]:
    """One event every so many minutes."""
    return [((first + minute) * MINUTE_MS, 1) for minute in range(every, minutes + 1, every)]


def test_quiet_is_noticed_as_time_goes_on_without_data() -> None:
    """Thirty an hour for eight days, then nothing: within half an hour, by waking, and once."""
    made = detector()
    drive(made, [(end, ROW, np.array([n])) for end, n in steady(0, 8 * 24 * 60)])
    told = []
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
    made = detector()
    first = 8 * 24 * 60
    events = steady(0, first) + [((first + 120) * MINUTE_MS, 1)] + steady(first + 180, 600)
    found = breaches(made, [*events, ((first + 1_200) * MINUTE_MS, 1)])
    assert len(found) == 2
    assert (first + 180) * MINUTE_MS < found[0][1] < (first + 200) * MINUTE_MS


def test_a_trickle_is_too_little_as_well() -> None:
    """A twentieth of the volume keeps no one from noticing."""
    made = detector()
    first = 8 * 24 * 60
    found = breaches(made, steady(0, first, 1) + steady(first, 8 * 60, 20))
    assert first * MINUTE_MS < found[0][0] < (first + 4 * 60) * MINUTE_MS


def test_steady_traffic_that_is_random_keeps_the_budget() -> None:
    """Forty scopes for three weeks past learning: hardly a false page where 28 are allowed."""
    rng, rows = np.random.default_rng(6), np.arange(40)
    made = SilenceDetector(Silence(None, WEEK_MS, MONTHLY), 10 * MINUTE_MS)
    made.grow(40)
    pages, before = 0, np.zeros(40, bool)
    rate = rng.uniform(0.2, 10, 40)
    for pane in range(6 * 24 * 28):
        counts = rng.poisson(rate * (1 + 0.9 * np.sin(pane / 144 * 2 * np.pi)))
        end_ms = (pane + 1) * 10 * MINUTE_MS
        for found in drive(made, [(end_ms, rows[counts > 0], counts[counts > 0])]):
            now = before.copy()
            now[found.rows] = found.verdict == Verdict.BREACH
            pages += int((now & ~before).sum())
            before = now
    assert pages <= 4


def test_either_of_quota_and_rhythm_breaches() -> None:
    """Before anything is learned the quota speaks; after that whichever is first."""
    made = detector(FIVE_AN_HOUR)
    early = breaches(made, steady(0, 600) + steady(780, 8 * 24 * 60))
    assert len(early) == 1
    assert 640 * MINUTE_MS <= early[0][0] <= 662 * MINUTE_MS
    wake = made.wake_ms()
    assert wake is not None
    while not (found := made.step(wake, NONE, NONE)).evidence:
        wake = made.wake_ms() or 0
    assert "expected" in found.evidence[0]
    assert wake - (8 * 24 * 60 + 780) * MINUTE_MS < 55 * MINUTE_MS


def test_a_quota_alone_learns_nothing() -> None:
    """Clear while five an hour come, whatever the week before was like."""
    made = detector(FIVE_AN_HOUR, None)
    assert breaches(made, steady(0, 9 * 24 * 60) + steady(9 * 24 * 60, 600, 10)) == []


def test_other_scopes_and_restarts_do_not_matter() -> None:
    """Three scopes in one judge, restarted, end up to the last bit like each alone."""
    rng = np.random.default_rng(4)
    together, alone = detector(FIVE_AN_HOUR), [detector(FIVE_AN_HOUR) for _ in range(3)]
    together.grow(3)
    for pane in range(6 * 24 * 9):
        if pane == 1_000:
            state, together = together.state(), detector(FIVE_AN_HOUR)
            together.load(state)
        counts = rng.poisson([0.8, 0.3, 3])
        rows = np.flatnonzero(counts)
        end_ms = (pane + 1) * 10 * MINUTE_MS
        if len(rows):
            drive(together, [(end_ms, rows, counts[rows])])
        for row in rows.tolist():
            drive(alone[row], [(end_ms, ROW, counts[[row]])])
    end_ms = 9 * DAY_MS + 10 * MINUTE_MS
    drive(together, [(end_ms, np.arange(3), np.ones(3, np.int64))])
    for row in range(3):
        drive(alone[row], [(end_ms, ROW, np.array([1]))])
        mine = {key: array[row : row + 1] for key, array in together.state().items()}
        assert alike(mine, alone[row].state())


def test_cleared_rows_are_as_new() -> None:
    """A row that stands for another scope remembers nothing, and wakes nobody."""
    made = detector(FIVE_AN_HOUR)
    made.step(MINUTE_MS, ROW, np.array([1]))
    made.clear(ROW)
    assert made.wake_ms() == HOUR_MS + MINUTE_MS  # the rhythm's next hour
    assert not made.step(3 * HOUR_MS, NONE, NONE).rows.size
