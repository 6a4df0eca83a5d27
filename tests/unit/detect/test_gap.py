"""Gap: one value worse than the others, false discoveries under control."""

import math
from random import Random
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.gap import NEGLIGIBLE, GapDetector, discoveries, wanted_z
from alerts.detect.scale import Scale
from alerts.rules import DAY_MS, Budget, Gap
from alerts.states import Verdict
from alerts.worsening import Against
from tests.detector_builders import FIVE, SHARE, SHARE_HIGH_IS_BAD, even_levels, moments_of


def detector(scale: Scale = SHARE, window_ms: int = DAY_MS) -> GapDetector:
    """A page in thirty days over windows of a day."""
    return GapDetector(Gap(across="channel", window_ms=window_ms, false_pages=Budget(1, 30 * DAY_MS)), scale)


def judged(counts: list[list[int]], scopes: list[int] | None = None, scale: Scale = SHARE) -> list[Verdict]:
    """Verdicts of rows of counts (no, yes), all in one scope unless said."""
    rows = np.arange(len(counts))
    found = detector(scale).step(rows, np.array(scopes or [0] * len(counts)), moments_of(counts))
    return [Verdict(code) for code in found.verdict]


def test_one_bad_channel_stands_out() -> None:
    """60 of 100 against 85 of 100 elsewhere; the others are clear."""
    assert judged([[40, 60], [15, 85], [15, 85], [15, 85]]) == [Verdict.BREACH, *[Verdict.CLEAR] * 3]


def test_better_than_the_others_is_no_gap() -> None:
    """Only the worse side is news."""
    assert judged([[1, 99], [15, 85], [15, 85]])[0] is Verdict.CLEAR


def test_where_high_is_bad_more_is_worse() -> None:
    """40 % abandoned against 15 %."""
    assert judged([[60, 40], [85, 15], [85, 15]], scale=SHARE_HIGH_IS_BAD)[0] is Verdict.BREACH


def test_small_but_certain_differences_are_no_news() -> None:
    """Two points of CSAT over a hundred thousand answers."""
    assert judged([[17_000, 83_000], [15_000, 85_000], [15_000, 85_000]])[0] is Verdict.CLEAR
    assert NEGLIGIBLE > 0.02


@pytest.mark.parametrize(
    ("unhappy", "verdict"),
    [(0.17, Verdict.CLEAR), (0.178, Verdict.INSUFFICIENT), (0.19, Verdict.BREACH)],
)
def test_a_gap_is_over_below_three_quarters_of_what_is_news(unhappy: float, verdict: Verdict) -> None:
    """Three points are news, and sure with so many answers: an alert does not come and go at three points."""
    bad = round(unhappy * 40_000)
    assert judged([[bad, 40_000 - bad], [6_000, 34_000]])[0] is verdict


def test_at_least_says_from_where_on_it_is_news() -> None:
    """Eleven points are sure: news where five are asked for, and none where fifteen are."""
    counts = moments_of([[260, 740], [150, 850], [150, 850]])
    for least, verdict in ((5.0, Verdict.BREACH), (15.0, Verdict.CLEAR)):
        rule = Gap(across="channel", window_ms=DAY_MS, false_pages=Budget(1, 30 * DAY_MS), at_least=least)
        found = GapDetector(rule, SHARE).step(np.arange(3), np.zeros(3, np.int64), counts)
        assert found.verdict[0] == verdict


@pytest.mark.parametrize("unhappy", range(0, 1900, 100))
def test_exactly_at_least_is_at_least(unhappy: int) -> None:
    """80 is five points behind 85, though 0.85 less 0.8 is a little less than 0.05."""
    counts = moments_of([[unhappy + 100, 1900 - unhappy], [unhappy, 2000 - unhappy]])
    rule = Gap(across="channel", window_ms=DAY_MS, false_pages=Budget(1, 30 * DAY_MS), at_least=5.0)
    found = GapDetector(rule, SHARE).step(np.arange(2), np.zeros(2, np.int64), counts)
    assert found.verdict[0] == Verdict.BREACH


def test_doubt_ends_no_gap() -> None:
    """Thirty answers five points behind may be chance, and may be the trouble that was told of."""
    assert judged([[6, 24], [1_500, 8_500]])[0] is Verdict.INSUFFICIENT


def test_few_answers_are_in_doubt_and_none_are_stale() -> None:
    """Below `min_answers` nothing is said; with no others to compare with neither."""
    assert judged([[10, 5], [15, 85], [0, 0]]) == [Verdict.INSUFFICIENT, Verdict.INSUFFICIENT, Verdict.STALE]
    assert judged([[40, 60]]) == [Verdict.INSUFFICIENT]


def test_between_significant_and_clear_is_doubt() -> None:
    """A difference that would be news if it were sure keeps what fires firing."""
    assert judged([[21, 79], [1_500, 8_500]])[0] is Verdict.INSUFFICIENT


def test_scopes_are_compared_within_themselves() -> None:
    """A bad stage is no gap between its channels."""
    counts = [[40, 60], [40, 60], [15, 85], [15, 85]]
    assert judged(counts, [0, 0, 1, 1]) == [Verdict.CLEAR] * 4


def test_what_is_said_of_a_breach() -> None:
    """Own score and interval; the others' score as the limit; how many were compared."""
    found = detector().step(np.array([5, 9]), np.array([0, 0]), moments_of([[40, 60], [15, 85]]))
    assert found.rows.tolist() == [5, 9]
    assert (found.value[0], found.limit[0], found.n[0]) == (60, 85, 100)
    assert found.low[0] < 60 < found.high[0]
    evidence = found.evidence[5]
    assert (evidence["others"], evidence["others_n"], evidence["compared"]) == (85, 100, 2)


def test_means_that_vary_little_are_told_apart_sooner() -> None:
    """Half a point on five is much where everybody else says four."""
    levels = even_levels(5)
    counts = [[0, 0, 15, 15, 0], [0, 0, 0, 290, 10], [0, 0, 0, 290, 10]]
    found = detector(FIVE).step(np.arange(3), np.zeros(3, np.int64), moments_of(counts, levels))
    assert found.verdict[0] == Verdict.BREACH


@pytest.mark.parametrize("windows", [10, 30, 1000])
def test_the_wanted_z_is_upcrossed_once(windows: float) -> None:
    """Window lengths × z·φ(z) is one page."""
    z = wanted_z(windows)
    assert windows * z * NormalDist().pdf(z) == pytest.approx(1)


def test_a_generous_budget_still_wants_significance() -> None:
    """Never below one in twenty."""
    assert wanted_z(0.1) == pytest.approx(1.6449, abs=1e-4)


def test_false_discoveries_stay_within_the_level() -> None:
    """Eight equal channels of 20 to 400 answers: some breach at one look is as rare as the level."""
    rng, made = np.random.default_rng(5), detector()
    families = 4_000
    scopes = np.repeat(np.arange(families), 8)
    n = rng.integers(20, 400, size=len(scopes))
    yes = rng.binomial(n, 0.9)
    found = made.step(np.arange(len(scopes)), scopes, moments_of(np.stack([n - yes, yes], 1).tolist()))
    false = np.bincount(scopes, found.verdict == Verdict.BREACH).astype(bool).mean()
    level = 0.5 * math.erfc(wanted_z(30) / math.sqrt(2))
    assert false <= level + 3 * math.sqrt(level / families)


P_VALUES = st.lists(
    st.tuples(st.integers(0, 3), st.floats(0, 1) | st.just(math.nan)), min_size=1, max_size=30
)


@settings(max_examples=200, derandomize=True)
@given(P_VALUES, st.floats(0.001, 0.5))
def test_discoveries_are_benjamini_and_hochbergs(pairs: list[tuple[int, float]], level: float) -> None:
    """The same as the textbook's loop, scope by scope."""
    scopes, p = np.array([scope for scope, _ in pairs]), np.array([value for _, value in pairs])
    found, compared = discoveries(scopes, p, level)
    for scope in set(scopes.tolist()):
        mine = sorted(value for value in p[scopes == scope].tolist() if not math.isnan(value))
        passed = [value for rank, value in enumerate(mine, 1) if value * len(mine) <= rank * level]
        cut = max(passed, default=-1.0)
        assert set(compared[scopes == scope].tolist()) == {len(mine)}
        assert found[scopes == scope].tolist() == [value <= cut for value in p[scopes == scope].tolist()]


COUNTS = st.lists(st.lists(st.integers(0, 60), min_size=2, max_size=2), min_size=1, max_size=6)


@settings(max_examples=100, derandomize=True)
@given(COUNTS, COUNTS, st.randoms(use_true_random=False))
def test_other_scopes_and_the_order_of_rows_do_not_matter(
    one: list[list[int]], other: list[list[int]], random: Random
) -> None:
    """What a scope's values are told is the same alone, among others, and shuffled."""
    alone = judged(one)
    places = list(range(len(one) + len(other)))
    random.shuffle(places)
    both, scopes = [*one, *other], [0] * len(one) + [1] * len(other)
    together = judged([both[place] for place in places], [scopes[place] for place in places])
    assert [together[places.index(at)] for at in range(len(one))] == alone


USUAL = Gap(
    across="channel", window_ms=DAY_MS, false_pages=Budget(1, 30 * DAY_MS),
    against=Against.USUAL, worse_by=5.0,
)  # fmt: skip
PAST = [[300, 700], [150, 850], [150, 850]]
"""The first is fifteen points behind the others."""


@pytest.mark.parametrize(
    ("now", "past", "verdict"),
    [
        ([[30, 70], [15, 85], [15, 85]], PAST, Verdict.CLEAR),  # as ever
        ([[52, 48], [15, 85], [15, 85]], PAST, Verdict.INSUFFICIENT),  # worse, but that may be chance
        ([[60, 40], [15, 85], [15, 85]], PAST, Verdict.BREACH),
        ([[60, 40], [60, 40], [60, 40]], PAST, Verdict.CLEAR),  # all have fallen: no news of this one
        ([[60, 40], [15, 85], [15, 85]], [[9, 10], [150, 850], [150, 850]], Verdict.INSUFFICIENT),
        ([[150, 850], [150, 850], [150, 850]], [[10, 990], [150, 850], [150, 850]], Verdict.BREACH),
        ([[0, 0], [15, 85], [15, 85]], PAST, Verdict.STALE),
    ],
)
def test_who_is_always_behind_is_news_only_when_farther_behind(
    now: list[list[int]], past: list[list[int]], verdict: Verdict
) -> None:
    """By five points more than usual, beyond the doubt of both."""
    found = GapDetector(USUAL, SHARE).step(
        np.arange(3), np.zeros(3, np.int64), moments_of(now), moments_of(past)
    )
    assert found.verdict[0] == verdict
    assert Verdict.BREACH not in found.verdict[1:]


@pytest.mark.parametrize(("scale", "counts"), [(SHARE, [60, 40]), (SHARE_HIGH_IS_BAD, [40, 60])])
def test_what_is_said_of_a_gap_wider_than_usual(scale: Scale, counts: list[int]) -> None:
    """How far behind is usual, how much more it is, and from where on that is news."""
    mirrored = scale is SHARE_HIGH_IS_BAD
    now = [counts, *([[85, 15]] * 2 if mirrored else [[15, 85]] * 2)]
    past = [row[::-1] for row in PAST] if mirrored else PAST
    found = GapDetector(USUAL, scale).step(
        np.arange(3), np.zeros(3, np.int64), moments_of(now), moments_of(past)
    )
    told = found.evidence[0]
    assert (told["against"], told["usual_gap"], told["usual_n"], told["worse_by"]) == ("usual", 15, 1000, 30)
    assert found.limit[0] == pytest.approx(35 if mirrored else 65)


def test_gaps_that_stay_as_they_are_keep_the_budget() -> None:
    """Over 400 windows of values that differ for good, hardly one is found worse than its usual."""
    rng = np.random.default_rng(5)
    bad = np.array([0.3, 0.15, 0.1])
    made, pages = GapDetector(USUAL, SHARE), 0
    for _ in range(400):
        past, now = rng.binomial(400, bad), rng.binomial(100, bad)
        found = made.step(
            np.arange(3), np.zeros(3, np.int64),
            moments_of([[k, 100 - k] for k in now.tolist()]),
            moments_of([[k, 400 - k] for k in past.tolist()]),
        )  # fmt: skip
        pages += int((found.verdict == Verdict.BREACH).any())
    assert pages <= 1
