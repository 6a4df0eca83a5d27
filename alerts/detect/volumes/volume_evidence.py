"""Evidence of volumes: what is said of a breach, and of one that ended since its level has become usual."""

from typing import Final

import numpy as np

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import NONE, Codes, Findings, Flags, Floats, Ints
from alerts.detect.volumes.volume_run import Side
from alerts.detect.volumes.volume_steps import ALLOWED, EVENTS, EXPECTED, SINCE
from alerts.states import Verdict
from alerts.transitions import rounded, utc_text

MOVED: Final = 1.3
"""By how many times a level must have moved to be a new one."""
FOLLOWED: Final = MOVED**0.5
"""By how many times what is expected must have moved: half of that way, else nothing was learned yet."""
CLEARLY: Final = 2.0
"""By how many standard deviations of what the usual level would have brought."""


def findings_of(
    rows: tuple[Ints, Flags, Flags, Flags], gauges: Floats, severity: int, evidence: Evidence
) -> Findings:
    """What is found of rows: which of them are judged, in breach, and just over it, and their gauges."""
    own, judged, breach, over = rows
    verdict: Codes = np.where(judged | over, Verdict.CLEAR, Verdict.INSUFFICIENT).astype(np.int8)
    verdict[breach] = Verdict.BREACH
    nothing = np.full(len(own), np.nan)
    return Findings(
        rows=own,
        verdict=verdict,
        severity=np.where(breach, severity, NONE).astype(np.int8),
        value=gauges[:, EVENTS],
        n=gauges[:, EVENTS].astype(np.int64),
        low=nothing,
        high=nothing,
        limit=np.where(judged | breach, gauges[:, ALLOWED], np.nan),
        evidence=evidence,
        expected=gauges[:, EXPECTED],
    )


def evidence_of(
    rows: tuple[Ints, Flags], seen: tuple[Floats, Ints], levels: tuple[Floats, Floats]
) -> Evidence:
    """Of rows and which of them are in breach, their gauges and since when they are learned.

    `levels` are events an hour of the week: when the last breach began, and when it ended at a new level (0:
    it did not).
    """
    (before, became), breach = levels, rows[1]

    def tell(place: int) -> Told:
        if breach[place]:
            return _breach(*seen, place)
        usual, now = rounded(float(before[place])), rounded(float(became[place]))
        return {"new_level": {"severity": "info", "usual": usual, "now": now}}

    return Evidence(rows[0], breach | (became > 0), tell)


def new_levels(usual: Floats, expected: Floats, lately: Floats, side: Side) -> Floats:
    """Events an hour at which breaches ended that are over since what comes in is expected by now; else 0.

    `usual` and `expected` are events an hour of the week, when a breach began and when it ended; `lately` is
    what came since it began to end, and what was expected of that time by then.  What came must be clearly
    beyond what the usual level would have brought, and what is expected must have followed.

    For example, 20 an hour are usual and 40 are expected by now.  Lately 38 came where 36 were expected, so
    where 18 would have come at the usual level: the new level is 20 × 38 / 18, some 42 an hour.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        was = lately[:, 1] * usual / expected
        times, off = lately[:, 0] / was, (lately[:, 0] - was) / np.sqrt(was)
        if side.too_low:
            new = (times <= 1 / MOVED) & (expected <= usual / FOLLOWED) & (off <= -CLEARLY)
        else:
            new = (times >= MOVED) & (expected >= usual * FOLLOWED) & (off >= CLEARLY)
        found: Floats = np.where(new & (was > 0), usual * times, 0)
    return found


def _breach(gauges: Floats, learned_ms: Ints, place: int) -> dict[str, object]:
    """Since when, how many events the rhythm expected since then, and from when on it was learned."""
    expected = rounded(float(gauges[place, EXPECTED]))
    return {
        "since": utc_text(int(gauges[place, SINCE])),
        "expected": expected,
        "learned_since": utc_text(int(learned_ms[place])),
    }
