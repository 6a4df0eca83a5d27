"""Sudden detection: its budget, its speed, and that nothing but the answers matters."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.findings import Floats, Ints
from alerts.detect.scale import Scale
from alerts.detect.sudden import SuddenDetector
from alerts.rules import DAY_MS, Budget, Severity, Sudden
from alerts.states import Verdict
from tests.detector_builders import (
    FIVE,
    NPS,
    SHARE,
    SHARE_HIGH_IS_BAD,
    TEN,
    YES_NO,
    alike,
    even_levels,
)

PANE_MS = 10_000
BOUNDS = {
    "yes-no": (SHARE, YES_NO, 75.0),
    "five": (FIVE, even_levels(5), 4.0),
    "eleven": (TEN, even_levels(11), 7.0),
}


def detector(
    bound: float = 75, budget_ms: int = 30 * DAY_MS, scale: Scale = SHARE, levels: Ints = YES_NO
) -> SuddenDetector:
    """A detector with one row."""
    made = SuddenDetector(Sudden(bound, Budget(1, budget_ms)), scale, levels)
    made.grow(1)
    return made


def likelihoods(levels: Ints, mean: float) -> Floats:
    """Of levels, tilted evenly so that their mean goodness is the wanted one; spread over all levels."""
    places = levels / levels.max()
    low, high = -60.0, 60.0
    weights: Floats = np.exp(0 * places)
    for _ in range(100):
        tilt = (low + high) / 2
        weights = np.exp(tilt * places)
        low, high = (tilt, high) if weights @ places < mean * weights.sum() else (low, tilt)
    found: Floats = weights / weights.sum()
    return found


def times_to_alarm(made: SuddenDetector, levels: Ints, mean: float, panes: int, seed: int = 1) -> Floats:
    """Milliseconds until each of 500 rows alarms, the end where none does; one to four answers a pane."""
    rng, rows = np.random.default_rng(seed), np.arange(500)
    made.grow(500)
    chances = likelihoods(levels, mean)
    found = np.full(500, float(panes * PANE_MS))
    waiting = rows
    for pane in range(panes):
        counts = rng.multinomial(rng.integers(1, 5), chances, size=len(waiting))
        alarm = made.step((pane + 1) * PANE_MS, waiting, counts).verdict == Verdict.BREACH
        found[waiting[alarm]] = (pane + 1) * PANE_MS
        waiting = waiting[~alarm]
        if not len(waiting):
            break
    return found


def feed(made: SuddenDetector, answers: list[int], start: int = 0) -> list[int]:
    """One yes (1) or no (0) a pane to row 0; the verdicts."""
    row = np.array([0])
    return [
        int(made.step((start + at + 1) * PANE_MS, row, np.array([[1 - yes, yes]])).verdict[0])
        for at, yes in enumerate(answers)
    ]


@pytest.mark.parametrize("kind", BOUNDS)
def test_average_time_to_a_false_alarm_at_the_floor_is_at_least_the_budget(kind: str) -> None:
    """With the true mean at the floor, an alarm is as rare as the budget says, whatever the levels."""
    scale, levels, bound = BOUNDS[kind]
    budget_ms = 400 * PANE_MS
    times = times_to_alarm(
        detector(bound, budget_ms, scale, levels), levels, scale.goodness_of(bound), panes=2_500
    )
    error = times.std() / np.sqrt(len(times))
    assert times.mean() + 2 * error >= budget_ms  # cut at the end, so the true mean is greater still


@pytest.mark.parametrize("kind", BOUNDS)
def test_above_the_floor_alarms_are_rarer_still(kind: str) -> None:
    """With the mean well above the floor nearly nothing alarms in five times the budget."""
    scale, levels, bound = BOUNDS[kind]
    made = detector(bound, 100 * PANE_MS, scale, levels)
    times = times_to_alarm(made, levels, scale.goodness_of(bound) + 0.1, panes=500)
    assert (times < 500 * PANE_MS).mean() < 0.1


def test_a_collapse_is_seen_within_tens_of_answers() -> None:
    """From 85 to 40 of 100, at one answer in seven minutes and a page in thirty days."""
    rng, made = np.random.default_rng(3), detector(75)
    made.grow(200)
    rows, gap_ms = np.arange(200), 7 * 60_000
    for pane in range(400):
        yes = rng.random(200) < 0.85
        made.step((pane + 1) * gap_ms, rows, np.stack([~yes, yes], 1).astype(np.int64))
    seen = np.full(200, 999)
    for pane in range(200):
        yes = rng.random(200) < 0.4
        found = made.step((401 + pane) * gap_ms, rows, np.stack([~yes, yes], 1).astype(np.int64))
        seen = np.where((found.verdict == Verdict.BREACH) & (seen == 999), pane + 1, seen)
    assert np.median(seen) <= 30


def test_a_breach_stands_until_the_score_is_back_and_arms_again() -> None:
    """Breach during the fall, clear after it, and the next fall is seen like the first."""
    made = detector()
    good, bad = [1, 1, 1, 1, 1, 1, 1, 1, 0, 1] * 20, [0, 0, 1] * 20
    first = feed(made, good + bad)
    assert set(first[: len(good)]) == {Verdict.CLEAR}
    assert first[-1] == Verdict.BREACH
    back = feed(made, good, start=300)
    assert back[0] == Verdict.BREACH
    assert back[-1] == Verdict.CLEAR
    changes = sum(a != b for a, b in pairwise(back))
    assert changes == 1
    assert feed(made, bad, start=600)[-1] == Verdict.BREACH


def test_what_is_said_of_a_breach() -> None:
    """The score since the fall began, its interval, the floor, and since when."""
    made = detector()
    feed(made, [1] * 50)
    feed(made, [0] * 30, start=50)
    found = made.step(81 * PANE_MS, np.array([0]), np.array([[1, 0]]))
    assert found.value[0] == 0
    assert found.n[0] == 31
    assert found.low[0] == 0
    assert 0 < found.high[0] < 15
    assert found.limit[0] == 75
    assert found.evidence[0] == {"since": "1970-01-01T00:08:30Z", "answers": 31}


def test_severity_is_the_rules() -> None:
    """A rule may ask for a warning."""
    made = SuddenDetector(Sudden(75, Budget(1, DAY_MS), Severity.WARNING), SHARE, YES_NO)
    made.grow(1)
    found = [made.step((at + 1) * PANE_MS, np.array([0]), np.array([[5, 0]])) for at in range(20)]
    assert found[-1].severity[0] == 1


def test_where_high_is_bad_everything_is_mirrored() -> None:
    """A ceiling of 25 on the bad share is a floor of 75 on the good one."""
    low, high = detector(), detector(25, scale=SHARE_HIGH_IS_BAD)
    answers = [1] * 40 + [0] * 20
    assert feed(low, answers) == feed(high, [1 - yes for yes in answers])


def test_nps_falls_are_seen() -> None:
    """Promoters, passives and detractors are three levels."""
    made = detector(0, scale=NPS, levels=even_levels(3))
    row = np.array([0])
    calm = [made.step((at + 1) * PANE_MS, row, np.array([[1, 2, 3]])).verdict[0] for at in range(50)]
    fall = [made.step((at + 51) * PANE_MS, row, np.array([[5, 1, 0]])).verdict[0] for at in range(10)]
    assert set(calm) == {Verdict.CLEAR}
    assert fall[-1] == Verdict.BREACH


def test_a_row_without_answers_is_told_what_it_was_told() -> None:
    """Judging again without news changes neither the verdict nor, after that, any other."""
    once, twice = detector(), detector()
    answers = [1] * 30 + [0] * 25 + [1] * 5
    feed(once, answers)
    row, nothing = np.array([0]), np.array([[0, 0]])
    for at, yes in enumerate(answers):
        said = feed(twice, [yes], start=at)
        assert twice.step((at + 1) * PANE_MS, row, nothing).verdict[0] == said[0]
    assert alike(once.state(), twice.state())


@pytest.mark.parametrize(("every_ms", "days"), [(PANE_MS, 1), (DAY_MS // 100, 2), (DAY_MS // 4, 7)])
def test_a_breach_turns_stale_once_its_last_200_answers_have_taken_as_long(every_ms: int, days: int) -> None:
    """At least after a day, at most after a week; it is told once, and answers make it a breach again."""
    made, row, nothing, end_ms = detector(), np.array([0]), np.array([[0, 0]]), 0
    for at in range(500):
        end_ms += every_ms
        made.step(end_ms, row, np.array([[1, 0]] if at > 460 else [[0, 1]]))
    wake_ms = made.wake_ms()
    assert wake_ms is not None
    assert days * 0.7 * DAY_MS <= wake_ms - end_ms <= days * 1.1 * DAY_MS
    assert made.due(wake_ms - 1).tolist() == []
    assert made.due(wake_ms).tolist() == [0]
    assert made.step(wake_ms - 1, row, nothing).verdict[0] == Verdict.BREACH
    other = detector()
    other.load(made.state())
    assert other.step(wake_ms, row, nothing).verdict[0] == Verdict.STALE
    assert other.wake_ms() is None
    assert other.step(wake_ms + 1, row, nothing).verdict[0] == Verdict.STALE
    assert other.step(wake_ms + 2, row, np.array([[1, 0]])).verdict[0] == Verdict.BREACH
    assert other.wake_ms() == wake_ms + 2 + (wake_ms - end_ms)


def test_a_long_silence_does_not_make_the_next_answers_decisive() -> None:
    """After a month without answers two bad ones are no alarm."""
    made = detector()
    feed(made, [1] * 300)
    assert feed(made, [0, 0], start=300 + 30 * DAY_MS // PANE_MS) == [Verdict.CLEAR] * 2


def test_a_huge_pane_neither_overflows_nor_escapes() -> None:
    """A hundred thousand bad answers at once are an alarm, as many good ones are not."""
    made = detector()
    made.grow(2)
    feed(made, [1, 1])
    found = made.step(100 * PANE_MS, np.array([0, 1]), np.array([[100_000, 0], [0, 100_000]]))
    found = made.step(101 * PANE_MS, np.array([0, 1]), np.array([[100_000, 0], [0, 100_000]]))
    assert found.verdict.tolist() == [Verdict.BREACH, Verdict.CLEAR]


def test_cleared_rows_are_as_new() -> None:
    """A row that stands for another scope remembers nothing."""
    made, fresh = detector(), detector()
    feed(made, [1, 0, 0, 0])
    made.clear(np.array([0]))
    assert alike(made.state(), fresh.state())
    assert made.wake_ms() is None


PANES = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3), min_size=1, max_size=40
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(PANES, st.permutations([0, 1, 2]), st.integers(0, 40))
def test_other_scopes_order_of_rows_and_restarts_do_not_matter(
    panes: list[list[tuple[int, int]]], places: list[int], cut: int
) -> None:
    """Three scopes in one judge say to the last bit what each says alone, in any order, through a restart."""
    together, alone = detector(budget_ms=DAY_MS // 24), [detector(budget_ms=DAY_MS // 24) for _ in range(3)]
    together.grow(3)
    for at, pane in enumerate(panes):
        if at == cut:
            state, together = together.state(), detector(budget_ms=DAY_MS // 24)
            together.load(state)
        end_ms = (at + 1) * PANE_MS
        found = together.step(end_ms, np.array(places), np.array([pane[scope] for scope in range(3)]))
        for scope in range(3):
            own = alone[scope].step(end_ms, np.array([0]), np.array([pane[scope]]))
            assert own.verdict[0] == found.verdict[scope]
    for scope in range(3):
        mine = {key: array[places[scope] : places[scope] + 1] for key, array in together.state().items()}
        assert alike(mine, alone[scope].state())


def test_a_page_quotes_answers_past_the_floor_however_mild_the_fall() -> None:
    """A fall from 80 to 74 is far from what the usual bet is for; the mildest one still knows since when."""
    made, rng, rows = detector(80), np.random.default_rng(3), np.arange(300)
    made.grow(300)
    quoted: list[tuple[int, int, float]] = []
    for pane in range(2_000):
        mean = 0.82 if pane < 200 else 0.74
        counts = rng.multinomial(3, [1 - mean, mean], 300)
        found = made.step((pane + 1) * 60_000, rows, counts)
        new = np.flatnonzero(
            (found.verdict == Verdict.BREACH) & ~np.isin(rows, [row for row, _, _ in quoted])
        )
        quoted += [(row, int(found.n[row]), float(found.value[row])) for row in new.tolist()]
    assert len(quoted) > 250
    assert all(n > 0 and value < 80 for _, n, value in quoted)
