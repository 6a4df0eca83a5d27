"""The bank's January 1999 again, from its hourly counts: calls at random within each hour."""

from functools import cache
from pathlib import Path

import numpy as np

from alerts.rules import HOUR_MS, MINUTE_MS

FIRST_MS = 915_141_600_000
"""1 January 1999, 00:00 in Jerusalem (two hours ahead of UTC all month)."""
SURGE_HOUR = 17 * 24 + 15
SURGE_BY_FIVE_MINUTES = (3, 1, 35, 55, 71, 9, 8, 14, 5, 13, 7, 8)
"""18 January from 15:00: a stop of ten minutes, then four times the calls for twenty."""
PANE_MS = 5 * MINUTE_MS


@cache
def panes() -> list[tuple[int, int]]:
    """End and count of each pane with calls."""
    table = np.loadtxt(Path(__file__).parent / "data" / "bank-hours.txt", dtype=np.int64)
    rng = np.random.default_rng(1999)
    hours = enumerate(table.reshape(-1).tolist())
    parts = [hour * 12 + rng.integers(12, size=count) for hour, count in hours]
    parts[SURGE_HOUR] = np.repeat(SURGE_HOUR * 12 + np.arange(12), SURGE_BY_FIVE_MINUTES)
    found, counts = np.unique(np.concatenate(parts), return_counts=True)
    return [(FIRST_MS + (k + 1) * PANE_MS, n) for k, n in zip(found.tolist(), counts.tolist(), strict=True)]


def at(day: int, hour: int, minute: int = 0) -> int:
    """Unix milliseconds of a local time in January 1999."""
    return FIRST_MS + ((day - 1) * 24 + hour) * HOUR_MS + minute * MINUTE_MS
