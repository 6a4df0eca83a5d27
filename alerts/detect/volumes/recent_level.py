"""Recent level: by how much a scope brings more, or less, than its week's rhythm these days.

Volumes grow, drift and have good days.  The rhythm of five weeks follows none of that, so it is multiplied by
the level: what came lately over what the rhythm expected, both fading, with some faith that all is as usual.

    level = (taught + 12) / (expected + 12)

With 60 expected and 90 come it is 1.42.  The memory is some sixty expected events, at least half a day and at
most a week: where much comes in, a morning's growth is followed by noon.  What an hour teaches is bounded
(see `weekly_profile`), so that a surge does not raise the level much before it is seen.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats
from alerts.detect.opening_hours import HOURS_PER_WEEK

TAUGHT, EXPECTED, BUSY, CAME = range(4)
"""Sums that fade: what hours taught, what the rhythm expected, hours with events, and all events."""
WIDTH: Final = 4

LEVEL_EVENTS: Final = 60
LEAST_HOURS, MOST_HOURS = 12.0, 168.0
PRIOR: Final = 12.0
"""Events' worth of faith that all is as usual."""
LEAST_LEVEL, MOST_LEVEL = 0.7, 8.0
"""How far the level moves a forecast; what lasts moves the rhythm itself."""
MOST_GROWTH: Final = 1.4
"""How far the level raises what must come in: a fall back to the rhythm after a great day is no silence."""

DENSE_MEMORY_HOURS: Final = 48.0
DENSE_EVENTS, DENSE_TIMES, DENSE_HOURS = 20.0, 8.0, 8.0
"""So many events lately, so many times the usual, in so many hours, begin a dense part."""
STRAYS_A_WEEK: Final = 20.0
"""Events of a week that are but strays.  Where more is usual, a day of many times as many is a storm: who
learned anew from there on would be blind for as long as that takes, with an alert that stands still."""


def fading(hours: Floats, usual: Floats) -> tuple[Floats, Floats]:
    """What a stretch of so many hours leaves of the first two sums, and of the last two.

    `usual` is what the rhythm alone expected in it.
    """
    pace = usual / np.maximum(hours, 1e-9)
    memory = np.clip(LEVEL_EVENTS / np.maximum(pace, 1e-9), LEAST_HOURS, MOST_HOURS)
    return np.exp(-hours / memory), np.exp(-hours / DENSE_MEMORY_HOURS)


def follow(sums: Floats, hours: Floats, taught: Floats, usual: Floats, events: Floats) -> None:
    """Add a stretch of so many hours: what it taught, what the rhythm alone expected, and what came."""
    kept, lately = fading(hours, usual)
    sums[:, TAUGHT] = kept * sums[:, TAUGHT] + taught
    sums[:, EXPECTED] = kept * sums[:, EXPECTED] + usual
    sums[:, BUSY] = lately * sums[:, BUSY] + (events > 0)
    sums[:, CAME] = lately * sums[:, CAME] + events


def through(sums: Floats, hours: Floats, brought: tuple[Floats, Floats, Floats]) -> Floats:
    """The sums before each of some stretches; `brought` is what each taught, what was usual, and what came.

    `hours` and what was brought are `(stretches, rows)`, as for `follow`; what is found is `(stretches, rows,
    sums)`.
    """
    taught, usual, events = brought
    kept, lately = fading(hours, usual)
    fades = np.stack([kept, kept, lately, lately], axis=-1)
    more = np.stack([taught, usual, events > 0, events], axis=-1)
    found = np.zeros(fades.shape)
    found[0] = sums
    for place in range(len(found) - 1):
        np.multiply(fades[place], found[place], out=found[place + 1])
        found[place + 1] += more[place]
    return found


def levels(sums: Floats) -> Floats:
    """What the rhythm is multiplied by."""
    ratio = (sums[..., TAUGHT] + PRIOR) / (sums[..., EXPECTED] + PRIOR)
    found: Floats = np.clip(ratio, LEAST_LEVEL, MOST_LEVEL)
    return found


def errors(sums: Floats) -> Floats:
    """Squared relative errors of the levels."""
    found: Floats = sums[..., EXPECTED] / (sums[..., EXPECTED] + PRIOR) ** 2
    return found


def dense_possible(sums: Floats) -> Flags:
    """Whether so much came lately that a dense part may have begun, whatever was usual."""
    found: Flags = sums[..., CAME] >= DENSE_EVENTS
    return found


def may_be_dense(sums: Floats) -> bool:
    """Whether that is so of some row."""
    return bool(dense_possible(sums).any())


def dense(sums: Floats, pace: Floats) -> Flags:
    """Whether a dense part has begun after a time of strays; `pace` is events an hour before it."""
    came, busy = sums[:, CAME], sums[:, BUSY]
    enough = (came >= DENSE_EVENTS) & (busy >= DENSE_HOURS) & (pace * HOURS_PER_WEEK <= STRAYS_A_WEEK)
    found: Flags = enough & (came >= DENSE_TIMES * DENSE_MEMORY_HOURS * pace)
    return found
