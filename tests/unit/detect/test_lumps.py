"""Lumps: what always comes all at once in its hour is no news, more of it is, and so is none."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from alerts.detect.findings import Ints
from alerts.detect.volumes.lumps import LUMPY
from alerts.detect.volumes.silence import TOO_LOW
from alerts.detect.volumes.surge import TOO_HIGH
from alerts.detect.volumes.volume import VolumeWatch, Watched
from alerts.detect.volumes.volume_run import Side
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Severity
from alerts.states import Verdict
from tests.detector_builders import alike

ROW = np.array([0])
NONE = np.empty(0, np.int64)
DAYS = 42
BUDGETED = DAYS / 30

Counts = dict[int, int]
"""Events by the pane's end in minutes."""
Rhythm = Callable[[Generator, int, float], Counts]


def nightly(rng: Generator, day: int, times: float = 1) -> Counts:
    """A file of sixty at 02:00."""
    return {day * 1440 + 121: int(rng.poisson(60 * times))}


def undated(rng: Generator, day: int, times: float = 1) -> Counts:
    """Forty a day with a date and no time."""
    return {day * 1440 + 1: int(rng.poisson(40 * times))}


def polled(rng: Generator, day: int, times: float = 1) -> Counts:
    """Sixty an hour, fetched every quarter of an hour from 8 to 20 h."""
    return {day * 1440 + at: int(rng.poisson(15 * times)) for at in range(8 * 60 + 1, 20 * 60, 15)}


def rushed(rng: Generator, day: int, times: float = 1) -> Counts:
    """A desk whose callers wait for it to open: half of the first hour's sixty come in ten minutes."""
    pace = [3.5 if at < 490 else 0.5 if at < 540 else 0.7 for at in range(480, 1080)]
    came = rng.poisson(np.array(pace) * times)
    return {day * 1440 + 481 + at: int(count) for at, count in enumerate(came)}


def watch(side: Side, pane_ms: int = MINUTE_MS) -> VolumeWatch:
    """One page in thirty days, after a week."""
    rule = Watched(7 * DAY_MS, Budget(1, 30 * DAY_MS), OpenHours(), Severity.CRITICAL)
    made = VolumeWatch(side, rule, pane_ms)
    made.grow(1)
    return made


def told(made: VolumeWatch, counts: Counts, pane_ms: int = MINUTE_MS) -> list[float]:
    """When breaches begin, in days."""
    found: list[float] = []

    def look(end_ms: int, rows: Ints, came: Ints) -> None:
        was = made.fired(ROW)[0]
        made.step(end_ms, rows, came)
        if made.fired(ROW)[0] and not was:
            found.append(end_ms / DAY_MS)

    for minute, count in sorted(counts.items()):
        while (wake_ms := made.wake_ms()) is not None and wake_ms < minute * pane_ms:
            look(wake_ms, NONE, NONE)
        look(minute * pane_ms, ROW, np.array([count]))
    return found


def days(rhythm: Rhythm, span: range, times: float = 1, seed: int = 5) -> Counts:
    """What some days bring."""
    rng = np.random.default_rng([seed, span.start])
    return {at: count for day in span for at, count in rhythm(rng, day, times).items()}


@pytest.mark.parametrize("side", [TOO_HIGH, TOO_LOW])
@pytest.mark.parametrize("rhythm", [nightly, undated, polled, rushed])
def test_lumps_are_no_news(side: Side, rhythm: Rhythm) -> None:
    """Six weeks of what is always so: no more pages than the budget has for that time."""
    assert len(told(watch(side), days(rhythm, range(DAYS)))) <= BUDGETED


@pytest.mark.parametrize(("rhythm", "within_h"), [(nightly, 2.1), (undated, 0.1), (polled, 9), (rushed, 9)])
def test_twice_as_much_is_told_in_its_hour(rhythm: Rhythm, within_h: float) -> None:
    """Not at its end: more than all of the hour may bring is enough."""
    made = watch(TOO_HIGH)
    told(made, days(rhythm, range(21)))
    (first, *_) = told(made, days(rhythm, range(21, 22), 2))
    assert 21 <= first <= 21 + within_h / 24


def test_a_halt_is_told() -> None:
    """Of sixty an hour that come every quarter of an hour: with the second hour in which nothing comes."""
    made = watch(TOO_LOW)
    told(made, days(polled, range(21)))
    (first,) = told(made, {22 * 1440 + 1: 1})
    assert 21 + 9 / 24 <= first <= 21 + 10.1 / 24


def test_a_single_burst_teaches_nothing() -> None:
    """A hundred in a minute of an even day: the hour goes on being judged minute by minute."""
    made, even = watch(TOO_HIGH), dict.fromkeys(range(1, 14 * 1440, 6), 1)
    told(made, even | {10 * 1440 + 601: 100})
    assert 0 < made.state()["lumps"].max() < LUMPY
    (first,) = told(made, {14 * 1440 + 601 + at: 2 for at in range(60)})
    assert first <= 14 + 11 / 24


def test_panes_that_are_as_long_as_hours_know_of_no_lumps() -> None:
    """All of a pane is there at once."""
    made = watch(TOO_HIGH, HOUR_MS)
    told(made, dict.fromkeys(range(1, 14 * 24), 30), HOUR_MS)
    assert not made.state()["lumps"].any()


@pytest.mark.parametrize("side", [TOO_HIGH, TOO_LOW])
def test_a_restart_in_the_middle_of_an_hour_changes_nothing(side: Side) -> None:
    """What is held goes along with the snapshot."""
    through, made = watch(side), watch(side)
    before, after = days(polled, range(15)), days(polled, range(15, 18), 2)
    cut = 15 * 1440 + 9 * 60 + 20
    first = {at: count for at, count in (before | after).items() if at <= cut}
    rest = {at: count for at, count in after.items() if at > cut}
    told(made, first)
    assert made.state()["held"][0] > 0 or side is TOO_HIGH
    again = watch(side)
    again.load(made.state())
    assert told(again, rest) == [each for each in told(through, before | after) if each > cut / 1440]
    assert alike(again.state(), through.state())


def test_a_breach_of_which_only_the_alert_is_known_holds_nothing() -> None:
    """Its end is news as soon as something comes in."""
    made = watch(TOO_LOW)
    told(made, days(polled, range(15)) | {15 * 1440 + 8 * 60 + 1: 15})
    made.take_up(0, 15 * DAY_MS + 8 * HOUR_MS + MINUTE_MS)
    assert made.state()["held"][0] == 0
    found = made.step(15 * DAY_MS + 8 * HOUR_MS + 2 * MINUTE_MS, ROW, np.array([15]))
    assert found.verdict[0] == Verdict.CLEAR
