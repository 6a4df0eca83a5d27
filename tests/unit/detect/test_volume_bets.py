"""Stakes: bets on counts that are not expected to gain while the bound holds."""

from math import lgamma

import numpy as np
import pytest

from alerts.detect.volumes.volume_bets import VolumeBets

BUDGET_MS = 1e6
PANE_MS = 1_000


def stakes(*rates: float) -> VolumeBets:
    """Bets with equal weights."""
    return VolumeBets(rates, [1 / len(rates)] * len(rates), BUDGET_MS, PANE_MS)


def test_quiet_time_pays_a_bet_on_silence() -> None:
    """A stake on each of five panes, which grows e-fold in each from its own on."""
    after = stakes(0.0).quiet(np.zeros((1, 1)), np.array([0.001]), np.array([5_000]))
    assert after[0, 0] == pytest.approx(np.exp([1, 2, 3, 4, 5]).sum() * PANE_MS / BUDGET_MS)


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.5, 4.0])
@pytest.mark.parametrize("per_pane", [1e-9, 0.3, 30.0])
def test_quiet_panes_are_panes_with_no_events(rate: float, per_pane: float) -> None:
    """Many at once as one after the other: each is staked on before it is known that nothing came."""
    bets, bound = stakes(rate), np.array([per_pane / PANE_MS])
    one_by_one = np.full((1, 1), 1e-7)
    for _ in range(9):
        one_by_one = bets.pane(one_by_one, bound, np.array([0]))
    assert bets.quiet(np.full((1, 1), 1e-7), bound, np.array([9 * PANE_MS])) == pytest.approx(one_by_one)


def test_quiet_time_in_two_parts_is_quiet_time_in_one() -> None:
    """The moment of looking does not matter, but for the last bits."""
    bets, bound = stakes(0.0, 0.25), np.array([0.002])
    start = np.full((1, 2), 0.01)
    once = bets.quiet(start, bound, np.array([7_000]))
    twice = bets.quiet(bets.quiet(start, bound, np.array([3_000])), bound, np.array([4_000]))
    assert once == pytest.approx(twice)


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.5, 4.0])
def test_a_time_as_a_whole_is_not_expected_to_gain_at_its_bound(rate: float) -> None:
    """Whenever in it events come: wealth and the stakes for all of it are on how many there are."""
    bets, expected, some = stakes(rate), 9.0, np.arange(200)
    bound, time_ms = np.full(len(some), expected / 60_000), np.full(len(some), 60_000)
    grown, added = bets.whole_steps(bound, time_ms, some)
    after = (0.5 * grown + added)[:, 0]
    chance = np.exp(some * np.log(expected) - expected - np.array([lgamma(each + 1) for each in some]))
    assert (after * chance).sum() == pytest.approx(0.5 + 60 * PANE_MS / BUDGET_MS)


def test_an_event_ends_a_bet_on_silence() -> None:
    """All is lost but the stake to come."""
    after = stakes(0.0).pane(np.array([[5.0]]), np.array([0.001]), np.array([1]))
    assert after[0, 0] == pytest.approx(0)


def test_events_beyond_the_bound_pay_a_bet_on_a_surge() -> None:
    """ρ^count · e^((1−ρ)Λ) on wealth and stake."""
    after = stakes(2.0).pane(np.array([[0.5]]), np.array([0.001]), np.array([4]))
    assert after[0, 0] == pytest.approx((0.5 + PANE_MS / BUDGET_MS) * 2**4 * np.exp(-1))


def test_however_long_it_is_quiet_wealth_is_a_number() -> None:
    """Hundreds of events are missing pane by pane; one event ends a bet on none also then."""
    bets, bound, wealth = stakes(0.0, 0.25), np.array([0.4]), np.zeros((1, 2))
    for _ in range(5):
        wealth = bets.quiet(wealth, bound, np.array([10**6]))
        wealth = bets.pane(wealth, bound, np.array([0]))
        assert np.isfinite(wealth).all()
    assert (wealth > 1e100).all()
    assert bets.pane(wealth, np.array([4.0]), np.array([1]))[0, 0] == 0


def test_where_nothing_is_judged_nothing_changes() -> None:
    """Closed, or not learned yet: a bound of 0."""
    bets, wealth, none = stakes(0.0, 2.0), np.array([[0.3, 0.4]]), np.zeros(1)
    assert bets.quiet(wealth, none, np.array([10**9])).tolist() == wealth.tolist()
    assert bets.pane(wealth, none, np.array([7])).tolist() == wealth.tolist()


def test_evidence_is_the_weighted_mixture() -> None:
    """A quarter of four and three quarters of eight."""
    assert VolumeBets((0.0, 0.5), (0.25, 0.75), 1, 1).evidence(np.array([[4.0, 8.0]])).tolist() == [7]


@pytest.mark.parametrize("rates", [(0.0, 0.25), (1.5, 2.0, 4.0)])
@pytest.mark.parametrize("per_pane", [0.05, 3.0])
def test_time_to_a_false_alarm_at_the_bound_is_at_least_the_budget(
    rates: tuple[float, ...], per_pane: float
) -> None:
    """Poisson events exactly at the bound, rare and dense."""
    rng, bets, rows = np.random.default_rng(11), stakes(*rates), 400
    bound = np.full(rows, per_pane / PANE_MS)
    wealth, found = np.zeros((rows, len(rates))), np.full(rows, 6_000.0)
    for pane in range(6_000):
        counts = rng.poisson(per_pane, rows)
        silent = counts == 0
        wealth[silent] = bets.quiet(wealth[silent], bound[silent], np.full(silent.sum(), PANE_MS))
        wealth[~silent] = bets.pane(wealth[~silent], bound[~silent], counts[~silent])
        alarm = bets.evidence(wealth) >= 1
        found[alarm] = np.minimum(found[alarm], pane + 1)
        wealth[alarm] = 0
    error = found.std() / np.sqrt(rows)
    assert (found.mean() + 2 * error) * PANE_MS >= BUDGET_MS
