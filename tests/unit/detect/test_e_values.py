"""E-values: no bet is expected to gain while all is well, so budgets of false pages hold.

What a bet multiplies its stake by is an e-value: its mean is at most 1 on the healthy side of the bound.  So
wealth less what was staked is a supermartingale, and by Ville's inequality a single stake of 1 is ever worth
1/α or more in one case of 1/α at most.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alerts.detect.findings import Floats
from alerts.detect.opening_hours import calendar_of
from alerts.detect.sudden import SuddenDetector
from alerts.detect.sudden_terms import FALLS, SuddenTerms
from alerts.detect.volumes.silence import TOO_LOW
from alerts.detect.volumes.surge import TOO_HIGH
from alerts.detect.volumes.volume import RHYTHM, VolumeWatch, Watched
from alerts.detect.volumes.volume_bets import VolumeBets
from alerts.detect.volumes.volume_run import Side
from alerts.detect.volumes.weekly_profile import WeeklyProfile
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Severity, Sudden
from tests.detector_builders import FIVE, SHARE, YES_NO, drive, even_levels

SIDES = {"silence": TOO_LOW, "surge": TOO_HIGH}
MOST_COUNT = 400
ALPHA = 0.05
PANE_MS = 10_000
HALF_HOUR_MS = 30 * MINUTE_MS
START_MS = 20_000 * DAY_MS
LEARNED_HOURS = 60
SEVERAL = 40
"""So many events in each of two panes, none included, are tried with each other."""
NOBODY = np.empty(0, np.int64)


def bets(side: Side) -> VolumeBets:
    """One false page in thirty days, by panes of an hour."""
    return VolumeBets(side.rates, side.weights, 30 * DAY_MS, HOUR_MS)


def poisson(mean: float) -> Floats:
    """Likelihoods of 0, 1, 2, … events."""
    counts = np.arange(MOST_COUNT)
    logs = counts * math.log(mean) - mean - np.array([math.lgamma(count + 1) for count in counts])
    found: Floats = np.exp(logs)
    return found


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
@given(allowed=st.floats(0.001, 60), times=st.floats(1, 2))
def test_no_bet_on_volume_gains_while_volume_is_within_its_bound(
    side: Side, allowed: float, times: float
) -> None:
    """Poisson's number at the bound has a mean gain of 1; further on the healthy side, of less."""
    mean = allowed * times if side.too_low else allowed / times
    gain = bets(side).pane_gain(np.full(MOST_COUNT, allowed / HOUR_MS), np.arange(MOST_COUNT))
    expected = poisson(mean) @ gain
    assert (expected <= 1 + 1e-9).all()
    if times == 1:
        assert expected == pytest.approx(1)


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), st.floats(1.1, 4.9))
def test_no_bet_on_a_fall_gains_while_the_mean_is_at_the_floor_or_better(
    weights: list[float], floor: float
) -> None:
    """Whatever the distribution of answers on five levels; one below it is mixed with the best answer."""
    terms = SuddenTerms(Sudden(floor, Budget(1, 30 * DAY_MS)), FIVE, even_levels(5))
    chances, best = np.array(weights) / sum(weights), np.eye(5)[4]
    goodness = FIVE.goodness_at(even_levels(5))
    missing = max(terms.floor - float(chances @ goodness), 0.0)
    share = missing / (1 - float(chances @ goodness)) if missing else 0.0
    at_floor = (1 - share) * chances + share * best
    gain = np.exp(terms.log_gain(np.eye(5, dtype=np.int64)))
    assert (at_floor @ gain <= 1 + 1e-9).all()


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), st.floats(0.01, 0.99))
def test_no_bet_against_a_floor_of_its_own_gains_at_that_floor(weights: list[float], floor: float) -> None:
    """Whatever the floor of the row is, and those of others."""
    terms = SuddenTerms(Sudden(3, Budget(1, 30 * DAY_MS)), FIVE, even_levels(5))
    chances = np.array(weights) / sum(weights)
    mean = float(chances @ FIVE.goodness_at(even_levels(5)))
    end, far = (0, mean - floor) if mean > floor else (4, floor - mean)
    share = far / (far + (floor if end == 0 else 1 - floor))
    at_floor = (1 - share) * chances + share * np.eye(5)[end]
    counts = np.eye(5, dtype=np.int64)
    gain = np.exp(terms.log_gain_below(np.tile(counts, (2, 1)), np.repeat([floor, 0.5], 5)))
    assert (at_floor @ gain[:5] <= 1 + 1e-9).all()


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
@pytest.mark.parametrize("allowed", [0.2, 5.0])
def test_a_single_stake_on_volume_seldom_grows_twentyfold(side: Side, allowed: float) -> None:
    """In one case of twenty at most, over two hundred hours at the bound."""
    rng, made = np.random.default_rng(7), bets(side)
    wealth, greatest = np.ones((4_000, len(side.rates))), np.zeros(4_000)
    bound = np.full(4_000, allowed / HOUR_MS)
    for _ in range(200):
        wealth = wealth * made.pane_gain(bound, rng.poisson(allowed, 4_000))
        greatest = np.maximum(greatest, made.evidence(wealth))
    assert (greatest >= 1 / ALPHA).mean() <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 4_000)


def test_a_single_stake_on_a_fall_seldom_grows_twentyfold() -> None:
    """In one case of twenty at most, over a thousand answers at the floor."""
    rng = np.random.default_rng(7)
    terms = SuddenTerms(Sudden(80, Budget(1, 30 * DAY_MS)), SHARE, YES_NO)
    wealth, greatest = np.zeros((2_000, len(FALLS))), np.zeros(2_000)
    for _ in range(1_000):
        happy = rng.random(2_000) < 0.8
        wealth += terms.log_gain(np.stack([~happy, happy], axis=1).astype(np.int64))
        greatest = np.maximum(greatest, np.exp(wealth).mean(axis=1))
    assert (greatest >= 1 / ALPHA).mean() <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 2_000)


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_wealth_is_on_the_average_no_more_than_what_was_staked(side: Side) -> None:
    """Over three days at the bound: M less all stakes is a supermartingale."""
    rng, made = np.random.default_rng(11), bets(side)
    wealth, bound, panes = np.zeros((4_000, len(side.rates))), np.full(4_000, 2 / HOUR_MS), 72
    for _ in range(panes):
        wealth = made.pane(wealth, bound, rng.poisson(2, 4_000))
    evidence = made.evidence(wealth)
    error = evidence.std() / math.sqrt(len(evidence))
    assert evidence.mean() <= panes * made.bets.stake * sum(side.weights) + 4 * error


HISTORY = st.lists(
    st.tuples(
        st.integers(1, 10 * DAY_MS // PANE_MS),
        st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any),
    ),
    max_size=12,
)
"""Panes of one scope: how many panes after the one before, and how many answers of each of five levels."""


def told(history: list[tuple[int, list[int]]], rows: int = 1) -> tuple[SuddenDetector, int]:
    """Rows that all have seen the same, by a floor in the middle of a scale of five; and when that ends."""
    made = SuddenDetector(Sudden(3, Budget(1, 30 * DAY_MS)), FIVE, even_levels(5))
    made.grow(rows)
    end_ms = START_MS
    for panes, counts in history:
        end_ms += panes * PANE_MS
        made.step(end_ms, np.arange(rows), np.tile(np.array(counts, np.int64), (rows, 1)))
    return made, end_ms


@given(HISTORY, st.integers(1, 40 * DAY_MS // PANE_MS), st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_whatever_sudden_has_seen_its_evidence_is_expected_to_grow_by_no_more_than_the_stake(
    history: list[tuple[int, list[int]]], panes: int, bad: list[float]
) -> None:
    """The next answer is at the floor on the average: bad ones are as likely as the good opposite ones."""
    made, end_ms = told(history, rows=5)
    if made.fired(np.arange(5)).any():
        return
    low, mild = bad[0] / 2, (1 - bad[0]) * bad[1] / 2
    chances = np.array([low, mild, 1 - 2 * low - 2 * mild, mild, low])
    before, saved_ms = made.state()["wealth"][0], float(made.state()["saved_ms"][0])
    made.step(end_ms + panes * PANE_MS, np.arange(5), np.eye(5, dtype=np.int64))
    after, left_ms = made.state()["wealth"], float(made.state()["saved_ms"][0])
    passed_ms = panes * PANE_MS if history else 0
    stake = (min(saved_ms + passed_ms, 30 * DAY_MS) - left_ms) / (30 * DAY_MS)
    assert stake >= 0
    assert (chances @ after <= before + stake + 1e-9).all()


@given(HISTORY)
def test_sudden_stakes_no_more_time_than_has_passed(history: list[tuple[int, list[int]]]) -> None:
    """Answers that are exactly at the floor gain and lose nothing: the wealth is all that was staked."""
    middling = [(panes, [0, 0, sum(counts), 0, 0]) for panes, counts in history]
    made, _ = told(middling)
    staked_ms = made.state()["wealth"][0] * 30 * DAY_MS
    passed_ms = sum(panes for panes, _ in middling[1:]) * PANE_MS
    assert (staked_ms + made.state()["saved_ms"][0] <= passed_ms + 1).all()
    if len(middling) > 1:
        assert (staked_ms > 0).all()


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
@given(
    per_hour=st.floats(0.05, 6),
    seed=st.integers(0, 2**32 - 1),
    last=st.integers(0, 5),
    times=st.floats(1, 2),
)
@settings(max_examples=25)
def test_whatever_a_volume_has_been_its_evidence_is_expected_to_grow_by_no_more_than_the_stake(
    side: Side, per_hour: float, seed: int, last: int, times: float
) -> None:
    """Over the two panes of the next hour, at the bound or further on its healthy side.

    Empty panes are not stepped through: what they do is reckoned when something comes in, or the hour ends.
    """
    rule = Watched(2 * DAY_MS, Budget(1, 30 * DAY_MS), OpenHours(), Severity.WARNING)
    past = VolumeWatch(side, rule, HALF_HOUR_MS)
    past.grow(1)
    came = np.random.default_rng(seed).poisson(per_hour / 2, 2 * LEARNED_HOURS)
    panes = START_MS + (np.flatnonzero(came) + 1) * HALF_HOUR_MS, came[came > 0, None]
    drive(past, ((int(end_ms), np.arange(1), counts) for end_ms, counts in zip(*panes, strict=True)))
    hour_ms = START_MS + (LEARNED_HOURS + last) * HOUR_MS
    drive(past, [(hour_ms + HALF_HOUR_MS, NOBODY, NOBODY)])
    if past.fired(np.arange(1)).any():
        return
    made, rhythm, several = VolumeWatch(side, rule, HALF_HOUR_MS), *at_once(past)
    made.load(several)
    bound = float((rhythm.low if side.too_low else rhythm.high)[0])
    first, second = np.divmod(np.arange(SEVERAL**2), SEVERAL)
    for end_ms, counts in ((hour_ms + HALF_HOUR_MS, first), (hour_ms + HOUR_MS, second)):
        made.step(end_ms, np.flatnonzero(counts), counts[counts > 0])
    made.catch_up(hour_ms + HOUR_MS + HALF_HOUR_MS)
    allowed = bound * HALF_HOUR_MS if math.isfinite(bound) else 0.0
    chances = poisson(max(allowed * times if side.too_low else allowed / times, 1e-9))[:SEVERAL]
    expected = (chances[first] * chances[second]) @ made.state()["wealth"]
    assert (expected <= several["wealth"][0] + 2 * HALF_HOUR_MS / (30 * DAY_MS) + 1e-9).all()


def at_once(past: VolumeWatch) -> tuple[WeeklyProfile, dict[str, NDArray[Any]]]:
    """The rhythm of a single row, and a snapshot of many that have all seen the same."""
    state = past.state()
    rhythm = WeeklyProfile(calendar_of(OpenHours()), 2 * DAY_MS)
    rhythm.load({name.removeprefix(RHYTHM): of for name, of in state.items() if name.startswith(RHYTHM)})
    return rhythm, {name: np.repeat(of, SEVERAL**2, axis=0) for name, of in state.items()}
