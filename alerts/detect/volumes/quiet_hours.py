"""Quiet hours: what a rhythm comes to over many stretches with few events, in a few steps over arrays.

A small team's year has thousands of hours without an event.  Each ends a stretch, fades what was learned,
and begins another with bounds of its own; nothing of that depends on anything but the week as it stands, as
long as an hour teaches what it brings, and no more or less (see `weekly_profile`).  So hours with an event or
two are taken along where it is known that they come.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.opening_hours import Stretch
from alerts.detect.volumes import recent_level
from alerts.detect.volumes.hour_rates import ENOUGH_HOURS, SEEN_ONCE
from alerts.detect.volumes.teaching import TEACHES_NOTHING, taught_by
from alerts.detect.volumes.week_forecast import KEPT, HourForecast, Weeks
from alerts.rules import HOUR_MS

LOW_Z, HIGH_Z = 0.1, 0.3
"""Standard deviations from a forecast to its bounds.  Not many: the detectors want far more than one hour a
little outside.  Simulated and real rhythms stay within the budget of false pages (docs/detection.md)."""
TELLING: Final = 30
"""Events in which a surge is told, about.  Where an hour brings fewer, alarms take hours, whose strays are
averaged; where it brings more, one hour that strays raises an alarm alone."""
STRAYING_Z: Final = 0.35
"""How many more to the upper bound where an hour brings twice as many: without, a surge pages twice as often
as it may at 80 events an hour, when days and hours stray by 13 %."""
LEAST_QUIET: Final = 3
"""Stretches from which it is faster to take them together."""


class Bounds(NamedTuple):
    """Events per millisecond by row, and the standard deviation of the forecast's logarithm.

    `usual` is the mean without the level.
    """

    low: Floats
    mean: Floats
    high: Floats
    spread: Floats
    usual: Floats


def bounds(found: HourForecast, sums: Floats) -> Bounds:
    """Those of rows with a forecast, `(entries, shifts)`; `sums`, `(entries, sums)`, are of their level."""
    level, doubt = recent_level.levels(sums) / HOUR_MS, recent_level.errors(sums)
    spread = np.sqrt(found.error + doubt[..., None])
    busy = found.mean * (level * HOUR_MS)[..., None]
    high_z = HIGH_Z + STRAYING_Z * np.clip(busy / TELLING - 1, 0, 1)
    low, high, mean = found.low(LOW_Z * spread), found.high(high_z * spread), found.mean[..., 0]
    highest = high.max(axis=-1)  # of an hour never seen the only bound
    return Bounds(
        np.minimum(level, recent_level.MOST_GROWTH / HOUR_MS) * _outermost(low, low.min(axis=-1), mean),
        level * mean,
        level * _outermost(high, highest, np.where(found.seen[..., 0], highest, 1)),
        spread[..., 0],
        mean / HOUR_MS,
    )


def _outermost(edges: Floats, outermost: Floats, busy: Floats) -> Floats:
    """Of the bounds of an hour and its neighbours the outermost, where an event an hour or more comes in.

    Where it takes many hours until anything is news, it is no matter that one of them may begin an hour late:
    the less comes in (`busy`, events an hour), the more an hour's own bound counts.
    """
    own, weight = edges[..., 0], np.minimum(busy, 1)
    known = np.isfinite(own) & np.isfinite(outermost)
    mixed = np.where(known, own, 0) * (1 - weight) + np.where(known, outermost, 0) * weight
    found: Floats = np.where(known, mixed, outermost)
    return found


class QuietHours(NamedTuple):
    """Stretches from the current one on, and by stretch and row what holds in each, if `came` comes in.

    `sums` are those of the level before the stretch; `counts` and `hours` what it leaves of its own hour.
    """

    stretches: Sequence[Stretch]
    bounds: Bounds
    sums: Floats
    counts: Floats
    hours: Floats
    came: Ints


class HoursAhead(NamedTuple):
    """Stretches, since when each row is learned, and by stretch and row: what is forecast, and comes in."""

    stretches: Sequence[Stretch]
    since_ms: Ints
    at: Flags
    events: Floats


def watched_ms(stretches: Sequence[Stretch], since_ms: Ints) -> Ints:
    """For how long of each stretch a row has been learned from, `(stretches, rows)`."""
    start_ms, end_ms = (np.array([[each.start_ms] for each in stretches]), ends_ms(stretches))
    found: Ints = np.maximum(np.where(since_ms > 0, end_ms - np.maximum(since_ms, start_ms), 0), 0)
    return found


def ends_ms(stretches: Sequence[Stretch]) -> Ints:
    """The end of each, `(stretches, 1)`."""
    return np.array([[each.end_ms] for each in stretches])


def taken_together(stretches: Sequence[Stretch], before_ms: int) -> int:
    """How many of some stretches, the last of which is begun only, are open and over before a time."""
    plain = [each.open and each.end_ms < before_ms for each in stretches]
    size = plain.index(False) + 1 if False in plain else len(plain)
    return size - (not stretches[size - 1].open)


def quiet_hours(weeks: Weeks, sums: Floats, ahead: HoursAhead, found: HourForecast) -> QuietHours:
    """As many of some stretches, each of another hour, as teach what they bring; the last is begun only."""
    stretches, since_ms, at, events = ahead
    hour = [each.hour for each in stretches]
    was, length = weeks.counts[:, hour].T, weeks.hours[:, hour].T
    watched = watched_ms(stretches, since_ms)
    hours = watched / HOUR_MS
    usual = np.where(at, found.mean[..., 0] / HOUR_MS, 0)
    seen = length >= ENOUGH_HOURS
    judged = seen & at & (found.mean[..., 0] > 0) & (watched > 0)
    brought = np.where(judged, events, 0), np.where(seen, usual * watched, 0), events
    levels = recent_level.through(sums, hours, brought)
    some = bounds(found, levels)
    mean = np.where(at, some.mean, 0)
    of = Bounds(np.where(at, some.low, 0), mean, np.where(at, some.high, np.inf), some.spread, usual)
    teaches = (mean * watched >= TEACHES_NOTHING) | ((length < SEEN_ONCE) & (mean > 0))
    if events.any():
        reach = recent_level.levels(levels), some.spread
        teaches |= taught_by(events, seen & (mean > 0), mean * watched, reach) != events
        teaches |= (events > 0) & (since_ms == 0)
        teaches[:-1] |= recent_level.dense_possible(levels[1:])
    several = np.flatnonzero(teaches.any(axis=1))
    size = int(several[0]) + 1 if len(several) else len(stretches)
    kept = KEPT**hours
    return QuietHours(
        stretches[:size],
        Bounds(*(part[:size] for part in of)),
        levels,
        kept * was + events,
        kept * length + hours,
        events.astype(np.int64),
    )
