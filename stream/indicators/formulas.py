"""Indicators: from counts per cell to a score, its number of answers and its interval.

Every formula is a handful of sums with integer weights, which float64 holds exactly, and one division at
the end.  So a score that is exactly 80 comes out as 80.0 in whatever order the counts were added.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from alerts.intervals import Interval, bounded_mean, poisson, positive_mean, quantile_ranks, wilson
from alerts.measures import scale_ends
from alerts.rules import Direction, Family, IndicatorInfo
from stream.indicators.catalogue import CATALOGUE, direction
from stream.indicators.cells import CELL, CELLS, SCALES, SCALES_OF, TTR_BUCKETS, TTR_GAMMA, level_cells
from stream.indicators.single_times import SingleTimes

Options = Mapping[str, Mapping[str, object]]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
StepOf = Callable[[str, float], int]
"""Steps of the lattice for a score on a scale."""

LATTICE: Final = 180
"""Levels as whole steps between the worst (0) and the best of their scale: 180 divides by the span of
every scale, 1, 2, 3, 4, 5, 6, 9 and 10."""

POSITIVE_FROM: Final[Mapping[str, float]] = {
    "1-5": 4, "1-7": 6, "1-10": 8, "0-10": 8, "yes-no": 1, "1-3": 3, "1-4": 3, "1-6": 5, "thumbs": 1,
}  # fmt: skip
"""The lowest positive answer: the top two of four to seven, eight of ten, yes; of three only the top one,
as Zendesk and Help Scout count."""

PROMOTER_FROM: Final = 9
PASSIVE_FROM: Final = 7

MEDIAN: Final = 0.5
P90: Final = 0.9
QUANTILE: Final[Mapping[str, float]] = {"ttr_median": MEDIAN, "ttr_p90": P90}

BUCKET_SECONDS: Final = 2 * TTR_GAMMA ** np.arange(TTR_BUCKETS, dtype=np.float64) / (TTR_GAMMA + 1)
"""The duration that stands for each bucket: bucket i holds (γ^(i-1), γ^i] seconds, bucket 0 all up to 1 s."""

N, FIRST, SECOND = 0, 1, 2
"""Columns of the sums: answers, Σ of their steps, Σ of the squares of their steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """How one indicator is computed from the cells of a scope.

    `weights` has a row per cell of `cells` and the columns N, FIRST and SECOND; `columns` has the place
    in `cells` of every cell there is, -1 for those that are not used.  Values run from `low` to
    `high` as the mean step runs from 0 to `LATTICE`.  `buckets`: reads the buckets of time to resolution,
    for which `seconds` stand, ascending.
    """

    info: IndicatorInfo
    direction: Direction
    low: float
    high: float
    cells: Ints
    columns: Ints
    weights: Ints
    buckets: bool
    seconds: Floats

    @property
    def name(self) -> str:
        """The indicator's name."""
        return self.info.name


@dataclass(frozen=True, slots=True)
class Sums:
    """What a formula reads, one row per scope: exact sums, and buckets where the formula wants them.

    Quantiles are exact where the single `times` are known.
    """

    sums: Floats
    buckets: NDArray[np.integer] | Floats | None = None
    times: SingleTimes | None = None

    def of(self, chosen: Flags | slice) -> "Sums":
        """Only some of the scopes."""
        buckets = None if self.buckets is None else self.buckets[chosen]
        times = None if self.times is None else self.times.of(chosen)
        return Sums(self.sums[chosen], buckets, times)


def formula(indicator: str, options: Options) -> Formula:
    """The formula of an indicator under the options of a rulebook."""
    info = CATALOGUE[indicator]
    low, high = cast("tuple[float, float]", (info.low, 100.0 if info.high is None else info.high))
    if info.family is Family.MEAN:
        low, high = scale_ends(options[info.configured_by]["scale"]) or (low, high)
    weighted = _weighted(indicator, options)
    cells = np.array([CELL[name] for name in weighted], np.int64)
    weights = np.array(list(weighted.values()), np.int64).reshape(-1, 3)
    buckets = info.family in (Family.DURATION, Family.QUANTILE)
    columns = np.full(len(CELLS), -1, np.int64)
    columns[cells] = np.arange(len(cells))
    return Formula(
        info=info, direction=direction(indicator, options), low=low, high=high, cells=cells, columns=columns,
        weights=weights, buckets=buckets, seconds=BUCKET_SECONDS,
    )  # fmt: skip


def _weighted(indicator: str, options: Options) -> dict[str, tuple[int, int, int]]:
    """Cell name to its weights."""
    match indicator:
        case "csat":
            return _levels("csat", lambda scale, score: _positive(scale, score, options["csat"]))
        case "csat_mean":
            return _levels("csat", _step)
        case "ces":
            return _levels("ces", _step)
        case "nps":
            return _levels("nps", _promotion)
        case "sentiment":
            return _levels("sentiment", lambda _, score: LATTICE if score < 0 else 0)
        case "answers":
            return {name: (1, 0, 0) for kind in ("csat", "ces", "nps") for name in _levels(kind, _step)}
        case "mentions":
            return dict.fromkeys(_levels("sentiment", _step), (1, 0, 0))
        case "negative_mentions":
            return {name: (int(name.endswith("/-1")), 0, 0) for name in _levels("sentiment", _step)}
        case "contacts":
            return {"contacts": (1, 0, 0)}
        case "abandonment":
            return {
                "contacts": (1, 0, 0),
                "abandoned": (0, LATTICE, LATTICE**2),
                "abandoned.short": (-1, 0, 0),  # wrong numbers: neither answered nor given up
            }
        case "fcr":
            return _share("fcr.resolved", "fcr.failed")
        case "wait":
            return _share("wait.within", "wait.over")
        case "ttr_within":
            return _share("ttr.within", "ttr.over")
        case _:  # the mean and quantiles of time to resolution
            return {"ttr.within": (1, 0, 0), "ttr.over": (1, 0, 0), "ttr.sum_ms": (0, 1, 0)}


def _levels(kind: str, step_of: StepOf) -> dict[str, tuple[int, int, int]]:
    found = {}
    for scale in SCALES_OF[kind]:
        for cell, score in zip(level_cells(kind, scale), SCALES[scale], strict=True):
            step = step_of(scale, score)
            found[CELLS[int(cell)]] = (1, step, step * step)
    return found


def _share(good: str, bad: str) -> dict[str, tuple[int, int, int]]:
    return {good: (1, LATTICE, LATTICE**2), bad: (1, 0, 0)}


def _step(scale: str, score: float) -> int:
    worst, best = SCALES[scale][0], SCALES[scale][-1]
    return round(LATTICE * (score - worst) / (best - worst))


def _positive(scale: str, score: float, options: Mapping[str, object]) -> int:
    least = POSITIVE_FROM[scale]
    if scale == options["scale"] and options["positive_from"] is not None:
        least = cast("float", options["positive_from"])
    return LATTICE if score >= least else 0


def _promotion(_: str, score: float) -> int:
    return LATTICE if score >= PROMOTER_FROM else LATTICE // 2 if score >= PASSIVE_FROM else 0


def score(of: Formula, sums: Sums) -> tuple[Floats, Ints]:
    """Value and number of answers per scope; the value is NaN where there are none."""
    n = np.maximum(sums.sums[:, N], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = _value(of, sums, n)
    return np.where(n > 0, value, np.nan), n.astype(np.int64)


def _value(of: Formula, sums: Sums, n: Floats) -> Floats:
    match of.info.family:
        case Family.COUNT:
            return n
        case Family.DURATION:
            return sums.sums[:, FIRST] / (1000 * n)
        case Family.QUANTILE:
            return _ranked(of, sums, np.maximum(np.ceil(n * QUANTILE[of.name]), 1))
        case Family.SHARE | Family.MEAN | Family.BALANCE:
            return linear(of.low, of.high, n, sums.sums[:, FIRST])


def lowest_rank(name: str, n: Floats, z: float) -> Floats:
    """Which of `n` cases, the shortest being the first, is at the low end of a quantile's interval.

    Below 1 there is no such case.
    """
    return quantile_ranks(n, QUANTILE[name], z)[0]


def linear(low: Floats | float, high: Floats | float, n: Floats, first: Floats) -> Floats:
    """The mean step of `n` answers, on a scale from `low` to `high`."""
    value: Floats = (low * LATTICE * n + (high - low) * np.clip(first, 0, LATTICE * n)) / (LATTICE * n)
    return value


def interval(of: Formula, sums: Sums, z: float) -> Interval:
    """Low and high per scope, in the indicator's unit; NaN where there are no answers, ∞ where unbounded."""
    n = np.maximum(sums.sums[:, N], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = _interval(of, sums, n, z)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def _interval(of: Formula, sums: Sums, n: Floats, z: float) -> Interval:
    match of.info.family:
        case Family.COUNT:
            return poisson(n, z)
        case Family.DURATION:
            squares = (_buckets(sums) * of.seconds**2).sum(axis=1)
            return positive_mean(n, sums.sums[:, FIRST] / (1000 * n), squares, z)
        case Family.QUANTILE:
            low, high = quantile_ranks(n, QUANTILE[of.name], z)
            low_s, high_s = _ranked(of, sums, np.maximum(low, 1)), _ranked(of, sums, np.minimum(high, n))
            return np.where(low < 1, 0, low_s), np.where(high > n, np.inf, high_s)
        case Family.SHARE | Family.MEAN | Family.BALANCE:
            return linear_interval((of.low, of.high), n, sums.sums, z, share=of.info.family is Family.SHARE)


def linear_interval(
    ends: tuple[Floats | float, Floats | float], n: Floats, sums: Floats, z: float, *, share: bool
) -> Interval:
    """Of the mean step of `n` answers, on a scale between two ends; the last axis of `sums` is the three."""
    total = np.clip(sums[..., FIRST] / LATTICE, 0, n)
    if share:
        low, high = wilson(n, total, z)
    else:
        low, high = bounded_mean(n, total, sums[..., SECOND] / LATTICE**2, z)
    span = ends[1] - ends[0]
    return ends[0] + span * low, ends[0] + span * high


def _buckets(sums: Sums) -> NDArray[np.integer] | Floats:
    if sums.buckets is None:
        raise ValueError("want the buckets of time to resolution")
    return sums.buckets


def _ranked(of: Formula, sums: Sums, rank: Floats) -> Floats:
    """The duration at a rank from 1, per scope, within 1 % (see `cells.TTR_GAMMA`), or exact.

    Where the times tell it, nobody looks at the buckets, of which there are a thousand; nor where there are
    no cases, of which nobody reads it.
    """
    buckets, found = _buckets(sums), np.zeros(len(rank))
    told = np.zeros(len(rank), np.bool_) if sums.times is None else sums.times.tells(rank)
    rest = np.flatnonzero(~told & (sums.sums[:, N] > 0))
    below = (np.cumsum(buckets[rest], axis=1) < rank[rest, None]).sum(axis=1)
    found[rest] = of.seconds[np.minimum(below, len(of.seconds) - 1)]
    return found if sums.times is None else sums.times.at(rank, found)
