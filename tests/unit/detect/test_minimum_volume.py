"""Quota: at least so many in so long, in open time."""

import numpy as np
import pytest

from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals
from alerts.detect.volumes.minimum_volume import MinimumVolume, slot_ms
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Severity
from alerts.states import Verdict

ROW, NONE = np.array([0]), np.empty(0, np.int64)
DAYTIME = OpenHours("UTC", tuple((day, 8 * 60, 18 * 60) for day in range(7)))
START_MS = 4 * DAY_MS


def quota(count: float = 5, per_ms: int = HOUR_MS, hours: OpenHours | None = None) -> MinimumVolume:
    """Panes of a minute, one row."""
    made = MinimumVolume(Budget(count, per_ms), hours or OpenHours(), Severity.CRITICAL, MINUTE_MS)
    made.grow(1)
    return made


def run(made: MinimumVolume, minutes: list[int], until: int) -> list[tuple[int, int]]:
    """Events at some minutes; each change of verdict as (minute, verdict), up to a minute."""
    found: list[tuple[int, int]] = []
    for minute in [*minutes, until]:
        end_ms = START_MS + minute * MINUTE_MS
        steps: list[tuple[int, bool]] = []
        while (wake := made.wake_ms()) is not None and wake < end_ms:
            _note(found, wake, made.step(wake, NONE, NONE).verdict)
        steps.append((end_ms, minute != until))
        if minute != until:
            _note(found, end_ms, made.step(end_ms, ROW, np.array([1])).verdict)
    return found


def _note(found: list[tuple[int, int]], end_ms: int, verdict: np.ndarray) -> None:
    if len(verdict) and (not found or found[-1][1] != verdict[0]):
        found.append(((end_ms - START_MS) // MINUTE_MS, int(verdict[0])))


@pytest.mark.parametrize(
    ("window_ms", "pane_ms", "slot"),
    [(HOUR_MS, 10_000, 30_000), (30 * MINUTE_MS, MINUTE_MS, MINUTE_MS), (DAY_MS, 10_000, 12 * MINUTE_MS)],
)
def test_slots_are_whole_panes_and_few(window_ms: int, pane_ms: int, slot: int) -> None:
    """A hundred and twenty at most."""
    assert slot_ms(window_ms, pane_ms) == slot


def test_quiet_is_a_breach_as_soon_as_too_few_are_left() -> None:
    """One every ten minutes: after the last, the hour holds fewer than five within twenty minutes."""
    told = run(quota(), list(range(10, 610, 10)), 800)
    assert told[-1][1] == Verdict.BREACH
    assert 610 <= told[-1][0] <= 620
    assert (50, Verdict.CLEAR) in told


def test_a_scope_is_given_a_whole_window_to_begin() -> None:
    """It is known from its fifth event on; too few after that are too few when a window is over."""
    assert run(quota(), [5, 6, 7, 8, 10], 200)[-1] == (69, Verdict.BREACH)


def test_a_scope_that_never_spoke_is_not_silent() -> None:
    """Four events in all are less evidence than one window's quota; the fifth makes the scope known."""
    assert all(verdict != Verdict.BREACH for _, verdict in run(quota(), [5, 100, 300, 500], 2000))
    assert run(quota(), [5, 100, 300, 500, 700], 2000)[-1] == (759, Verdict.BREACH)


def test_events_end_a_breach() -> None:
    """As soon as the window holds enough again."""
    told = run(quota(), [*range(10, 310, 10), *range(500, 600, 10)], 605)
    assert told[-2][1] == Verdict.BREACH
    assert told[-1] == (540, Verdict.CLEAR)


def test_closed_hours_accuse_nobody() -> None:
    """Open from 8 to 18: nothing comes at night, and nobody is paged before nine."""
    calls = [minute for day in (0, 1) for minute in range(day * 1440 + 485, day * 1440 + 1080, 10)]
    assert all(verdict != Verdict.BREACH for _, verdict in run(quota(hours=DAYTIME), calls, 2 * 1440))


def test_a_silent_morning_is_noticed_a_window_after_doors_open() -> None:
    """Nothing on the second day: at nine."""
    told = run(quota(hours=DAYTIME), list(range(485, 1080, 10)), 3 * 1440)
    assert told[-1] == (1440 + 9 * 60, Verdict.BREACH)


def test_a_breach_outlasts_closing_time() -> None:
    """Closed doors prove nothing: it stands until events come."""
    calls = [*range(485, 800, 10), *range(1440 + 485, 1440 + 600, 10)]
    told = run(quota(hours=DAYTIME), calls, 1440 + 600)
    assert [verdict for _, verdict in told[-2:]] == [Verdict.BREACH, Verdict.CLEAR]
    assert told[-1][0] > 1440 + 485


def test_holidays_are_closed() -> None:
    """6 January 1970 is one; the 7th is not."""
    hours = OpenHours("UTC", DAYTIME.spans, frozenset({"1970-01-06"}))
    told = run(quota(hours=hours), list(range(485, 1080, 10)), 4 * 1440)
    assert told[-1] == (2 * 1440 + 9 * 60, Verdict.BREACH)


def test_whoever_never_opens_again_is_not_watched() -> None:
    """No wake-up for ever."""
    made = quota(hours=OpenHours("UTC", ((0, 480, 500),)))
    made.step(START_MS + 485 * MINUTE_MS, ROW, np.array([1]))
    assert made.wake_ms() is None


def test_what_is_said_of_a_breach() -> None:
    """How many came, and how many were wanted."""
    made = quota()
    for minute, came in ((1, 5), (10, 1), (20, 1), (30, 1)):
        made.step(START_MS + minute * MINUTE_MS, ROW, np.array([came]))
    made.step(START_MS + 61 * MINUTE_MS, ROW, np.array([0]))
    found = made.step(START_MS + 62 * MINUTE_MS, ROW, np.array([0]))
    assert (found.value[0], found.n[0], found.limit[0]) == (3, 3, 5)
    assert found.severity[0] == 2
    assert found.evidence == {0: {"at_least": 5, "per_s": 3600}}


def test_a_restart_changes_nothing() -> None:
    """Kept and taken over, it wakes and judges the same."""
    made, other = quota(), quota()
    for minute in range(0, 200, 9):
        made.step(START_MS + (minute + 1) * MINUTE_MS, ROW, np.array([1]))
    other.load(made.state())
    assert made.wake_ms() == other.wake_ms()
    assert run(made, [300, 310], 700) == run(other, [300, 310], 700)


def test_cleared_rows_are_as_new() -> None:
    """A row that stands for another scope remembers nothing, and wakes nobody."""
    made = quota()
    made.step(START_MS + MINUTE_MS, ROW, np.array([1]))
    made.clear(ROW)
    assert made.wake_ms() is None


def test_many_panes_at_once_begin_a_breach_with_the_scope() -> None:
    """Where the window is one pane, that with the fifth event may itself be short."""
    made = MinimumVolume(Budget(5, HOUR_MS), OpenHours(), Severity.CRITICAL, HOUR_MS)
    made.grow(1)
    ends_ms = START_MS + np.arange(1, 4) * HOUR_MS
    arrivals = Arrivals(np.zeros(3, np.int64), ends_ms, np.array([4, 1, 9]))
    assert made.coast(arrivals, [ArrivalRun(0, 0, 3)], int(ends_ms[-1])).reached == [1]
    assert made.step(int(ends_ms[1]), ROW, np.array([1])).verdict.tolist() == [Verdict.BREACH]


@pytest.mark.parametrize(
    ("count", "per_ms", "hours", "breach"),
    [
        (5, HOUR_MS, None, 560),  # as it was
        (9, HOUR_MS, None, 540),  # more in the same time
        (5, 2 * HOUR_MS, None, 640),  # two hours from here on
        (5, 30 * MINUTE_MS, None, 550),
        (5, 4 * HOUR_MS, None, 760),
        (5, HOUR_MS, DAYTIME, 580),
    ],
)
def test_another_limit_than_the_memory_is_of(
    count: float, per_ms: int, hours: OpenHours | None, breach: int
) -> None:
    """From when something else is wanted, what was counted in other slots or hours is no window's content."""
    made, changed = quota(), quota(count, per_ms, hours)
    run(made, list(range(5, 525, 5)), 521)
    changed.load(made.state())
    told = run(changed, [], 900)
    assert told == [(breach, Verdict.BREACH)]
