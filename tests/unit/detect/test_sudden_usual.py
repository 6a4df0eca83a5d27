"""Sudden against its own usual: floors of each row's past, one rule for many brands, and new levels."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.findings import Findings, Ints
from alerts.detect.scale import Scale
from alerts.detect.sudden_usual import UsualSudden
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals
from alerts.rules import DAY_MS, HOUR_MS, Budget, SuddenRelative
from alerts.states import Verdict
from alerts.worsening import Against, Worsening
from tests.detector_builders import SHARE, SHARE_HIGH_IS_BAD, YES_NO, alike

WEEK_MS = 7 * DAY_MS
MONDAY_MS = 4 * DAY_MS + 2_800 * WEEK_MS
NINE_MS = 10 * HOUR_MS
"""The end of the hour from nine on."""
TEN = Worsening(10)
PAGES = Budget(1, 30 * DAY_MS)


def detector(
    worse: Worsening = TEN, against: Against = Against.USUAL, scale: Scale = SHARE, rows: int = 1
) -> UsualSudden:
    """With some rows."""
    made = UsualSudden(SuddenRelative(against, worse, PAGES), scale, YES_NO)
    made.grow(rows)
    return made


def hear(of: UsualSudden, end_ms: int, *counts: Sequence[int]) -> Findings:
    """One pane, with the answers of all rows."""
    return of.step(end_ms, np.arange(len(counts)), np.array(counts, np.int64))


def weeks(of: UsualSudden, counts: Sequence[Sequence[int]], days: int = 14) -> list[Findings]:
    """Healthy days, alike at every hour."""
    return [hear(of, MONDAY_MS + hour * HOUR_MS, *counts) for hour in range(1, days * 24, 2)]


@pytest.mark.parametrize(("good", "floor"), [(12, 38.8), (18, 74.4)])
def test_a_floor_is_what_was_usual_less_its_doubt_and_what_is_allowed(good: int, floor: float) -> None:
    """The examples of the module: the same hour counts as far as it differs, else all hours do."""
    of = detector()
    hear(of, MONDAY_MS - WEEK_MS + NINE_MS, [20 - good, good])
    hear(of, MONDAY_MS - 3 * DAY_MS, [good - 10, 90 - good])
    found = hear(of, MONDAY_MS + NINE_MS, [0, 1])
    assert found.limit[0] == pytest.approx(floor, abs=0.1)


def test_nothing_is_said_before_a_hundred_answers_are_a_day_old() -> None:
    """A scope that begins with a collapse is not worse than usual."""
    of = detector()
    for hour in range(1, 30):
        found = hear(of, MONDAY_MS + hour * HOUR_MS, [3, 0])
        assert found.verdict[0] == Verdict.INSUFFICIENT


def test_one_rule_serves_brands_at_different_levels() -> None:
    """A brand at 95 that falls to 60 is in alarm, and one that is always at 60 is not."""
    of = detector(rows=2)
    found = weeks(of, [[1, 19], [8, 12]])
    assert not any((each.verdict == Verdict.BREACH).any() for each in found)
    start_ms = MONDAY_MS + 14 * DAY_MS
    later = [hear(of, start_ms + hour * HOUR_MS, [8, 12], [8, 12]) for hour in range(1, 6)]
    assert [int(row) for row in np.flatnonzero(later[-1].verdict == Verdict.BREACH)] == [0]
    told = later[-1].evidence[0]
    assert (told["against"], told["usual"]) == ("usual", pytest.approx(95, abs=0.5))
    assert later[-1].limit[0] < 85


@pytest.mark.parametrize("other", [Worsening(30), Worsening(5, percent=True)])
def test_what_was_gathered_by_another_amount_is_let_go(other: Worsening) -> None:
    """The bets begin again, and floors are the new ones at once; the past stays, and a breach stands."""
    of = detector(Worsening(5), rows=2)
    weeks(of, [[4, 16], [4, 16]])
    start_ms = MONDAY_MS + 14 * DAY_MS
    for minute in range(1, 7):
        hear(of, start_ms + minute * 60_000, [8, 12], [20, 0])
    assert (of.state()["wealth"].any(axis=1).tolist(), of.state()["fired"].tolist()) == (
        [True] * 2,
        [False, True],
    )
    same, changed = detector(Worsening(5), rows=2), detector(other, rows=2)
    for each in (same, changed):
        each.load(of.state())
    assert np.array_equal(same.state()["wealth"], of.state()["wealth"])
    assert changed.state()["wealth"].any(axis=1).tolist() == [False, True]
    found = [hear(each, start_ms + 7 * 60_000, [8, 12], [20, 0]) for each in (same, changed)]
    assert (found[1].verdict == [Verdict.CLEAR, Verdict.BREACH]).all()
    assert found[0].limit[0] - found[1].limit[0] == pytest.approx(other.of(80) - 5, abs=0.1)


def test_where_high_is_bad_it_is_a_rise() -> None:
    """In percent of what was usual."""
    of = detector(Worsening(50, percent=True), scale=SHARE_HIGH_IS_BAD)
    weeks(of, [[18, 2]])
    start_ms = MONDAY_MS + 14 * DAY_MS
    found = [hear(of, start_ms + hour * HOUR_MS, [10, 10]) for hour in range(1, 13)]
    assert found[-1].verdict[0] == Verdict.BREACH
    assert 15 < found[-1].limit[0] < 18


@pytest.mark.parametrize("against", Against)
def test_a_level_that_lasts_is_told_as_new_once_it_is_usual(against: Against) -> None:
    """The breach ends by itself, and says from where to where."""
    of = detector(against=against)
    weeks(of, [[20, 180]])
    start_ms, told = MONDAY_MS + 14 * DAY_MS, []
    for hour in range(1, 45 * 24, 2):
        was = bool(of.fired(np.array([0]))[0])
        found = hear(of, start_ms + hour * HOUR_MS, [80, 120])
        if was and found.verdict[0] == Verdict.CLEAR:
            told.append(found.evidence[0]["new_level"])
    assert len(told) == 1
    (level,) = told
    assert isinstance(level, dict)
    assert (level["severity"], level["usual"]) == ("info", pytest.approx(90, abs=0.5))
    assert 60 <= level["now"] <= 80


def test_a_fall_that_is_over_is_no_new_level() -> None:
    """Back within a day."""
    of = detector()
    weeks(of, [[2, 18]])
    start_ms = MONDAY_MS + 14 * DAY_MS
    for hour in range(1, 9):
        hear(of, start_ms + hour * HOUR_MS, [12, 8])
    assert of.fired(np.array([0]))[0]
    last = [hear(of, start_ms + hour * HOUR_MS, [2, 18]) for hour in range(9, 24)]
    assert last[-1].verdict[0] == Verdict.CLEAR
    assert not any("new_level" in each.evidence.get(0, {}) for each in last)


def test_a_fall_that_ends_in_an_hour_of_which_less_is_usual_is_no_new_level() -> None:
    """Nights are twenty points behind: a fall of an evening that is over at night has become nothing."""
    of, found = detector(), []
    for hour in range(1, 21 * 24 + 40):
        night = hour % 24 >= 22 or hour % 24 < 6
        bad = 21 * 24 + 18 <= hour < 21 * 24 + 22
        counts = [40, 20] if bad else [18, 42] if night else [6, 54]
        found.append(hear(of, MONDAY_MS + hour * HOUR_MS, counts))
    verdicts = [int(each.verdict[0]) for each in found]
    over = next(at for at in range(21 * 24 + 18, len(found)) if verdicts[at] == Verdict.CLEAR)
    assert Verdict.BREACH in verdicts[21 * 24 + 17 :]
    assert "new_level" not in found[over].evidence.get(0, {})


def test_a_fall_that_goes_on_is_not_over_in_an_hour_of_which_little_is_usual() -> None:
    """Nights are forty points behind: answers of the day are not held against the floor of a night."""
    of, fired = detector(), []
    for hour in range(1, 24 * 24):
        night = hour % 24 >= 22 or hour % 24 < 6
        fallen = hour >= 21 * 24 + 10
        hear(of, MONDAY_MS + hour * HOUR_MS, [1, 1] if night else [20, 40] if fallen else [6, 54])
        fired.append(bool(of.fired(np.array([0]))[0]))
    assert not any(fired[: 21 * 24])
    assert all(fired[21 * 24 + 16 :])


def answers(seed: int, rows: int) -> Iterator[tuple[int, Ints]]:
    """Four weeks of hours with some answers; row 0 falls in the last one."""
    rng = np.random.default_rng(seed)
    for hour in range(1, 28 * 24, 2):
        came = rng.integers(0, 4, rows)
        share = np.where((np.arange(rows) == 0) & (hour > 21 * 24), 0.4, 0.9)
        good = rng.binomial(came, share)
        yield MONDAY_MS + hour * HOUR_MS, np.stack([came - good, good], axis=1)


@settings(max_examples=5)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 300))
def test_neither_other_rows_nor_a_restart_change_what_is_said_of_a_row(seed: int, cut: int) -> None:
    """To the last bit: alone, and taken over from a snapshot anywhere."""
    together, alone = detector(rows=3), detector()
    for place, (end_ms, counts) in enumerate(answers(seed, 3)):
        if place == cut:
            fresh = detector()
            fresh.load(alone.state())
            assert alike(fresh.state(), alone.state())
            alone = fresh
        found, own = hear(together, end_ms, *counts), hear(alone, end_ms, counts[0])
        assert found.verdict[0] == own.verdict[0]
        assert found.limit[0] == own.limit[0] or np.isnan(own.limit[0])
    whole, one = together.state(), alone.state()
    assert alike({name: of[:1] for name, of in whole.items()}, one)


def test_false_pages_keep_their_budget_at_the_usual_level() -> None:
    """Two hundred scopes at their own levels for sixty days; three points are allowed."""
    rows, rng = 200, np.random.default_rng(5)
    of, level, pages = detector(Worsening(3), rows=rows), rng.uniform(0.6, 0.95, rows), 0
    every = np.arange(rows)
    for pane in range(1, 60 * 4):
        came = rng.poisson(4, rows)
        good = rng.binomial(came, level)
        was = of.fired(every)
        of.step(MONDAY_MS + pane * 6 * HOUR_MS, every, np.stack([came - good, good], axis=1))
        pages += int((of.fired(every) & ~was).sum())
    assert pages <= rows * 2  # one per scope and 30 days


def _panes(seed: int) -> list[tuple[int, int, list[int]]]:
    """Ends, rows and counts, by time: five weeks of three brands, each with a bad time in the last two."""
    rng = np.random.default_rng(seed)
    falls_ms = MONDAY_MS + rng.integers(3 * WEEK_MS, 4 * WEEK_MS, 3)
    found = []
    for end_ms in np.unique(rng.integers(0, 5 * WEEK_MS // 600_000, 900)).tolist():
        at_ms = MONDAY_MS + (end_ms + 1) * 600_000
        for row in np.flatnonzero(rng.random(3) < 0.6).tolist():
            many = int(rng.integers(1, 7))
            good = int(rng.binomial(many, 0.3 if falls_ms[row] <= at_ms < falls_ms[row] + DAY_MS else 0.9))
            found.append((at_ms, row, [many - good, good]))
    return found


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10_000), st.integers(0, 5 * 7))
def test_what_is_taken_at_once_is_as_stepped(seed: int, day: int) -> None:
    """Hour by hour, whatever was stepped before; what is refused begins, ends or is within a breach."""
    panes, cut_ms = _panes(seed), MONDAY_MS + day * DAY_MS
    stepped, coasted = detector(rows=3), detector(rows=3)
    for end_ms, row, counts in panes:
        for each in (stepped, coasted) if end_ms < cut_ms else (stepped,):
            each.step(end_ms, np.array([row]), np.array([counts]))
    late = sorted((row, end_ms, counts) for end_ms, row, counts in panes if end_ms >= cut_ms)
    columns = zip(*late, strict=True) if late else ((), (), ())
    rows, ends, answers = (np.array(column, np.int64) for column in columns)
    refused = _coasted_through(coasted, Arrivals(rows, ends, answers.reshape(-1, 2)))
    assert refused < max(100, len(late) / 2)
    for name, column in stepped.state().items():
        assert (column == coasted.state()[name]).all(), name


def _coasted_through(of: UsualSudden, arrivals: Arrivals) -> int:
    """Coast through what comes in of three rows, and step what is refused; how much that was."""
    bounds = np.searchsorted(arrivals.rows, np.arange(4)).tolist()
    left = [ArrivalRun(row, start, stop) for row, (start, stop) in enumerate(pairwise(bounds))]
    refused = 0
    while left := [run for run in left if run.start < run.stop]:
        found = of.coast(arrivals, left, 2**62)
        left = [run._replace(start=at) for run, at in zip(left, found.reached, strict=True)]
        assert list(found.refused) == [run.start for run in left if run.start < run.stop]
        for place in found.refused:
            one = slice(place, place + 1)
            of.step(int(arrivals.end_ms[place]), arrivals.rows[one], arrivals.counts[one])
        left = [run._replace(start=run.start + (run.start < run.stop)) for run in left]
        refused += len(found.refused)
    return refused


def test_a_row_with_an_alert_is_stepped() -> None:
    """Of an hour in which nothing is usual it says that nothing is known."""
    of = detector()
    arrivals = Arrivals(np.array([0]), np.array([MONDAY_MS + NINE_MS]), np.array([[0, 1]]))
    found = of.coast(arrivals, [ArrivalRun(0, 0, 1)], 2**62, np.array([False]))
    assert (list(found.reached), list(found.refused)) == ([0], [0])
