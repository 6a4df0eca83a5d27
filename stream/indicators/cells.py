"""Cells: the closed list of things that are counted, each an int64 that merges by addition.

A tally is a set of (cell, count).  Addition is associative and commutative and the empty tally is
its identity, so partitions may be tallied apart and added in any order.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

SCALES: Final[Mapping[str, tuple[float, ...]]] = {
    "1-5": (1, 2, 3, 4, 5),
    "1-7": (1, 2, 3, 4, 5, 6, 7),
    "1-10": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "0-10": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "1-3": (1, 2, 3),
    "1-4": (1, 2, 3, 4),
    "1-6": (1, 2, 3, 4, 5, 6),
    "yes-no": (0, 1),
    "thumbs": (0, 1),
    "neg-neu-pos": (-1, 0, 1),
}
"""Scores of each scale from worst to best for "more is better" answers; yes=1, negative=-1."""

SCALES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "csat": ("1-5", "1-7", "1-10", "0-10", "yes-no", "1-3", "1-4", "1-6", "thumbs"),
    "ces": ("1-7", "1-5", "1-10", "1-3", "1-4", "1-6"),
    "nps": ("0-10",),
    "sentiment": ("neg-neu-pos",),
}
"""Scales that each feedback indicator accepts; the first is the default of the rules file."""

TTR_GAMMA: Final = 1.02
"""Buckets of time to resolution grow by 2 %, so a quantile read from them is within 1 % (DDSketch,
Masson, Rim, Lee 2019)."""
TTR_BUCKETS: Final = 960
"""ln(1.02) × 960 reaches 1.8e8 s, more than five years."""

TIMES_FROM: Final = 1 << 20
"""Cells from here on are single times to resolution, told apart by their code: see `time_code`.

The quantiles of few cases are read from them, so they are counted where somebody reads quantiles.  They are
no part of `CELLS`, as they are too many to have a column each.
"""
TIME_CODES: Final = (1 << 31) - TIMES_FROM
"""Codes are below this, so that a cell fits into 32 bits."""
_FINE_MS: Final = 1 << 30
"""Times below this, twelve days, are told to the millisecond; longer ones to the second."""
EXACT_BELOW: Final = 1_000
"""Quantiles of fewer cases than this are exact."""

FURTHER_OF: Final = ("csat", "ces", "nps")
"""Indicators of which it is counted which answers are a customer's further ones within a day."""
FURTHER_PLACES: Final = 32
"""Places by customer in which further answers are counted: that two of a few customers share one is rare."""


def _cells() -> list[str]:
    names = [
        f"{indicator}/{scale}/{score:g}"
        for indicator, scales in SCALES_OF.items()
        for scale in scales
        for score in SCALES[scale]
    ]
    names += [
        "contacts",
        "abandoned",
        "abandoned.short",
        "wait.within",
        "wait.over",
        "fcr.resolved",
        "fcr.failed",
    ]
    names += ["fcr.reopened"]  # of the failed ones, those that are cases reopened
    names += ["ttr.sum_ms", "ttr.within", "ttr.over", "ttr.untimed"]
    names += [f"ttr.bucket/{index}" for index in range(TTR_BUCKETS)]
    return names + [f"{name}.further/{place}" for name in FURTHER_OF for place in range(FURTHER_PLACES)]


CELLS: Final = tuple(_cells())
"""Names of all cells; a cell's number is its place here."""
CELL: Final[Mapping[str, int]] = {name: number for number, name in enumerate(CELLS)}


def level_cells(indicator: str, scale: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Cell numbers of one indicator's levels on one scale, in the order of `SCALES[scale]`."""
    first = CELL[f"{indicator}/{scale}/{SCALES[scale][0]:g}"]
    return np.arange(first, first + len(SCALES[scale]), dtype=np.int64)


def ttr_bucket_cells() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Cell numbers of the time-to-resolution buckets, shortest first."""
    first = CELL["ttr.bucket/0"]
    return np.arange(first, first + TTR_BUCKETS, dtype=np.int64)


def time_code(took_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Codes of times to resolution, at least 0 ms each; they ascend as the times do."""
    coarse = np.minimum(_FINE_MS + (took_ms - _FINE_MS) // 1000, TIME_CODES - 1)
    code: NDArray[np.int64] = np.where(took_ms < _FINE_MS, took_ms, coarse)
    return code


def time_s(code: NDArray[np.int64]) -> NDArray[np.float64]:
    """The times, in seconds, that some codes stand for."""
    fine_s = _FINE_MS / 1000
    found: NDArray[np.float64] = np.where(code < _FINE_MS, code / 1000, fine_s + (code - _FINE_MS))
    return found


def codes_up_to(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """The greatest code whose time is at most some seconds, each at least 0; exactly as `time_s` has it."""
    near = time_code(np.minimum(seconds * 1000, 1000.0 * TIME_CODES).astype(np.int64))
    near = np.minimum(near + 1, TIME_CODES - 1)
    for _ in range(3):  # the product above may be a little too great or too small
        near = np.where((time_s(near) > seconds) & (near > 0), near - 1, near)
    return near


def further_cells(indicator: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Cell numbers of the further answers of an indicator, by place; none where they are not counted."""
    if indicator not in FURTHER_OF:
        return np.empty(0, np.int64)
    first = CELL[f"{indicator}.further/0"]
    return np.arange(first, first + FURTHER_PLACES, dtype=np.int64)
