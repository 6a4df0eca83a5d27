"""Indicators, worked by hand."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import Direction
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.cells import CELL, CELLS, SCALES, TTR_BUCKETS, TTR_GAMMA, ttr_bucket_cells
from stream.indicators.formulas import Sums, formula, interval, score
from tests.builders import DEFAULTS

Z95 = 1.959964


def options_with(key: str, **changes: object) -> Mapping[str, Mapping[str, object]]:
    """The default options but for some of one indicator's."""
    return DEFAULTS | {key: DEFAULTS[key] | changes}


def sums_of(
    indicator: str, counts: Mapping[str, int], options: Mapping[str, Mapping[str, object]] = DEFAULTS
) -> Sums:
    """What the formula reads of counts by cell."""
    cells = np.zeros(len(CELLS), np.int64)
    for name, count in counts.items():
        cells[CELL[name]] = count
    of = formula(indicator, options)
    sums = (cells[of.cells] @ of.weights).astype(np.float64)[None, :]
    return Sums(sums, cells[ttr_bucket_cells()][None, :] if of.buckets else None)


def read(
    indicator: str, counts: Mapping[str, int], options: Mapping[str, Mapping[str, object]] = DEFAULTS
) -> tuple[float, int]:
    """Value and n of one scope."""
    value, n = score(formula(indicator, options), sums_of(indicator, counts, options))
    return float(value[0]), int(n[0])


def levels(kind: str, scale: str, *counts: int) -> dict[str, int]:
    """Counts per level, worst first."""
    return {f"{kind}/{scale}/{level:g}": count for level, count in zip(SCALES[scale], counts, strict=True)}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (levels("csat", "1-5", 5, 5, 10, 40, 40), (80.0, 100)),
        (levels("csat", "1-5", 0, 0, 1, 2, 2), (80.0, 5)),
        (levels("csat", "1-5", 3, 0, 0, 0, 3), (50.0, 6)),
        (levels("csat", "1-7", 1, 1, 1, 1, 1, 1, 1), (200 / 7, 7)),  # 6 and 7
        (levels("csat", "1-10", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), (30.0, 10)),  # 8, 9 and 10
        (levels("csat", "0-10", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), (300 / 11, 11)),
        (levels("csat", "yes-no", 1, 3), (75.0, 4)),
        (levels("csat", "1-5", 0, 0, 0, 0, 1) | levels("csat", "yes-no", 1, 0), (50.0, 2)),
    ],
)
def test_csat_is_the_share_of_positive_answers(counts: dict[str, int], expected: tuple[float, int]) -> None:
    """Top two of five and of seven, eight of ten, yes; answers on several scales are one share."""
    assert read("csat", counts) == expected


def test_csat_positive_from_holds_for_the_declared_scale_alone() -> None:
    """The option moves the line on the declared scale; other scales keep theirs."""
    options = options_with("csat", scale="1-5", positive_from=3.0)
    assert read("csat", levels("csat", "1-5", 0, 1, 1, 1, 1), options) == (75.0, 4)
    assert read("csat", levels("csat", "1-7", 0, 0, 0, 0, 1, 1, 0), options) == (50.0, 2)


def test_means_are_on_the_declared_scale() -> None:
    """Answers on other scales are rescaled linearly: the middle stays the middle."""
    assert read("csat_mean", levels("csat", "1-5", 1, 1, 1, 1, 1)) == (3.0, 5)
    assert read("csat_mean", levels("csat", "1-7", 0, 0, 0, 1, 0, 0, 0)) == (3.0, 1)
    assert read("csat_mean", levels("csat", "0-10", *[0] * 10, 1)) == (5.0, 1)
    assert read("ces", levels("ces", "1-7", 0, 0, 0, 0, 3, 0, 0) | levels("ces", "1-5", 0, 0, 0, 0, 1)) == (
        5.5,
        4,
    )
    assert read("ces", levels("ces", "1-7", *[1] * 7), options_with("ces", scale="1-5")) == (3.0, 7)


@pytest.mark.parametrize(
    ("detractors", "passives", "promoters", "expected"),
    [(5, 10, 5, 0.0), (0, 0, 4, 100.0), (4, 0, 0, -100.0), (1, 0, 2, 100 / 3), (60, 10, 30, -30.0)],
)
def test_nps(detractors: int, passives: int, promoters: int, expected: float) -> None:
    """Promoters (9-10) less detractors (0-6) in percent of all."""
    counts = {"nps/0-10/6": detractors, "nps/0-10/8": passives, "nps/0-10/9": promoters}
    assert read("nps", counts) == (expected, detractors + passives + promoters)


@pytest.mark.parametrize(
    ("indicator", "counts", "expected"),
    [
        ("fcr", {"fcr.resolved": 70, "fcr.failed": 30}, (70.0, 100)),
        ("fcr", {"fcr.resolved": -1, "fcr.failed": 3}, (0.0, 2)),  # a charge whose contact has left
        ("abandonment", {"contacts": 40, "abandoned": 3}, (7.5, 40)),
        ("wait", {"wait.within": 80, "wait.over": 20}, (80.0, 100)),
        ("ttr_within", {"ttr.within": 1, "ttr.over": 3}, (25.0, 4)),
        ("sentiment", {"sentiment/neg-neu-pos/-1": 1, "sentiment/neg-neu-pos/1": 3}, (25.0, 4)),
        ("contacts", {"contacts": 17, "abandoned": 3}, (17.0, 17)),
        ("answers", {"csat/1-5/1": 2, "ces/1-7/3": 3, "nps/0-10/0": 4}, (9.0, 9)),
        ("mentions", {"sentiment/neg-neu-pos/-1": 2, "sentiment/neg-neu-pos/0": 5}, (7.0, 7)),
        ("negative_mentions", {"sentiment/neg-neu-pos/-1": 2, "sentiment/neg-neu-pos/0": 5}, (2.0, 2)),
        ("ttr", {"ttr.within": 3, "ttr.over": 1, "ttr.sum_ms": 8_000}, (2.0, 4)),
    ],
)
def test_shares_volumes_and_durations(
    indicator: str, counts: dict[str, int], expected: tuple[float, int]
) -> None:
    """Percent of what counts, whole numbers, seconds."""
    assert read(indicator, counts) == expected


@pytest.mark.parametrize("indicator", CATALOGUE)
def test_no_answers_are_no_score(indicator: str) -> None:
    """Nothing is a case of its own, never a zero."""
    value, n = read(indicator, {})
    assert math.isnan(value)
    assert n == 0
    low, high = interval(formula(indicator, DEFAULTS), sums_of(indicator, {}), Z95)
    assert math.isnan(low[0])
    assert math.isnan(high[0])


@given(st.lists(st.floats(2, 1e7), min_size=1, max_size=50))
def test_quantiles_of_durations_are_within_one_percent(durations: list[float]) -> None:
    """Read from buckets that grow by 2 %."""
    counts: dict[str, int] = {"ttr.within": len(durations)}
    for duration in durations:
        bucket = f"ttr.bucket/{min(math.ceil(math.log(duration, TTR_GAMMA)), TTR_BUCKETS - 1)}"
        counts[bucket] = counts.get(bucket, 0) + 1
    for indicator, share in (("ttr_median", 0.5), ("ttr_p90", 0.9)):
        value, _ = read(indicator, counts)
        truth = sorted(durations)[max(math.ceil(share * len(durations)), 1) - 1]
        assert value == pytest.approx(truth, rel=0.0101)
        low, high = interval(formula(indicator, DEFAULTS), sums_of(indicator, counts), Z95)
        assert low[0] <= value <= high[0]


@pytest.mark.parametrize("indicator", CATALOGUE)
def test_intervals_contain_their_scores(indicator: str) -> None:
    """For every indicator, in its own unit and within its range."""
    counts = {name: (number * 7) % 5 for number, name in enumerate(CELLS) if "bucket" not in name}
    counts |= {"abandoned": 1, "contacts": 9, "ttr.bucket/100": 4, "ttr.bucket/300": 3}
    counts |= {"ttr.within": 4, "ttr.over": 3, "ttr.sum_ms": 4 * 7_000 + 3 * 380_000}
    of = formula(indicator, DEFAULTS)
    sums = sums_of(indicator, counts)
    value, _ = score(of, sums)
    low, high = interval(of, sums, Z95)
    assert low[0] <= value[0] <= high[0]
    if of.info.low is not None:
        assert low[0] >= of.info.low
    if of.info.high is not None:
        assert high[0] <= of.info.high


def test_ease_turns_effort_round() -> None:
    """On an ease scale, low is bad."""
    assert formula("ces", DEFAULTS).direction is Direction.HIGH_IS_BAD
    assert formula("ces", options_with("ces", direction="ease")).direction is Direction.LOW_IS_BAD


def test_durations_without_buckets_are_our_own_fault() -> None:
    """Reading a quantile from a matrix that has none is refused."""
    with pytest.raises(ValueError, match="want the buckets"):
        score(formula("ttr_p90", DEFAULTS), Sums(np.array([[3.0, 0, 0]])))
