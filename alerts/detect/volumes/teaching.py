"""Teaching: how much of what a stretch brought is learned, and what it says of how volumes vary.

A stretch teaches no more than its forecast and chance allow, so that an outage does not become the rule.
"""

from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.volumes import recent_level
from alerts.detect.volumes.hour_rates import ENOUGH_HOURS, SEEN_ONCE, tempered
from alerts.detect.volumes.week_forecast import KEPT, MOST_VARIATION
from alerts.rules import HOUR_MS

TEACH_Z: Final = 1.645
"""Standard deviations up to which an hour teaches: nine hours in ten teach all they bring."""
TEACHES_NOTHING: Final = recent_level.LEAST_LEVEL * TEACH_Z**2
"""A forecast of fewer events allows for none at all, at whatever level: what nothing teaches is nothing."""
USUAL_VARIATION: Final = 0.15**2
"""Squared coefficient of variation, beside the level's, before a scope has shown its own."""
VARIATION_MEMORY: Final = 200
"""Forecasts over which a scope's own variation is averaged: some nine days."""
SOON: Final = float(np.exp(-7 * 24 / recent_level.DENSE_MEMORY_HOURS))
"""What is left, after a week, of a single hour with events; of busy days somewhat more is left then."""
FAR: Final = 2.0
"""Times what a stretch may teach, beyond which it brought far more; what is less is learned in some weeks."""
MISSED_FOR_GOOD: Final = 3
"""Weeks in a row in which an hour brought nothing, or far less than must have come, until that is usual:
two holidays may well be a week apart (Christmas and New Year), and three hardly ever."""
FEW: Final = 4
"""Forecasts of fewer events say nothing of variation."""


def taught_by(events: Floats, bounded: Flags, mean: Floats, known: tuple[Floats, Floats]) -> Floats:
    """What a stretch teaches: no less and no more than its forecast and chance allow where `bounded`.

    `mean` are the events that were forecast; `known` the levels and the spreads of the forecasts.
    """
    if not events.any() and mean.max(initial=0) < TEACHES_NOTHING:
        return events
    fewest, reach = _fewest(mean, known), np.exp(TEACH_Z * known[1])
    # One event is never too many, however few are expected: else single events would teach a part of one.
    most = mean * reach + TEACH_Z * np.sqrt(mean) + np.exp(-mean)
    return np.where(bounded, np.clip(events, fewest, most), events)


def _fewest(mean: Floats, known: tuple[Floats, Floats]) -> Floats:
    """The fewest events that a forecast and chance allow; arguments as for `taught_by`."""
    level, spread = known
    usual = np.where(level < 1, 1 / level, np.minimum(recent_level.MOST_GROWTH / level, 1))
    least = mean * usual / np.exp(TEACH_Z * spread)
    found: Floats = np.maximum(least - TEACH_Z * np.sqrt(least), 0)
    return found


def heard_ms(
    watched: Ints, events: Floats, foreseen: tuple[Floats, tuple[Floats, Floats]], sums: Floats
) -> Ints:
    """For how much of a stretch that was `watched` it was learned what comes in: not at all if it was lost.

    A stretch is lost if nothing came at all where something must have (`foreseen`: as for `taught_by`) and
    there were events in the week or two before.  The line, the feed or the log was down, or it was a holiday:
    that says nothing of the days after it.  What lasts is no outage any more, and is learned.  The `sums` of
    the level stand still, but for those that tell how long ago there were events.
    """
    lost = (events == 0) & (_fewest(*foreseen) > 0) & (sums[:, recent_level.BUSY] > SOON)
    if not lost.any():
        return watched
    sums[lost, recent_level.BUSY :] *= np.exp(
        -watched[lost, None] / HOUR_MS / recent_level.DENSE_MEMORY_HOURS
    )
    return np.where(lost, 0, watched)


class HourOfWeek(NamedTuple):
    """What is kept of an hour of the week, by row: counts, and the hours that they were counted over.

    `far` says that it brought far more than it may teach when it was heard last; `missed`, in how many of its
    last weeks in a row it was lost, or brought far less.
    """

    counts: Floats
    hours: Floats
    far: Flags
    missed: Ints

    def learn(self, hours: Floats, came: tuple[Floats, Floats], usual: Floats) -> None:
        """Learn from a stretch of so many hours: what `came`, and what of that it may teach.

        `usual` are the events an hour that were believed in.  What brings far more again a week later is a
        habit, such as a newsletter's Tuesday, and no burst: it teaches all.  So does what is lost, or brings
        far less, for three weeks while others are heard: the desk closes earlier now, and that is no outage.
        """
        events, taught = came
        lost, far = (hours == 0) & (self.hours > 0), events > FAR * taught
        kept, before = KEPT**hours, self._believed(usual)
        at_first = (self.hours < SEEN_ONCE) & (self.counts > FAR * taught * self.hours)
        habit = far & (self.far | at_first)
        self.counts[:] = kept * before + np.where(hours > 0, taught, 0)
        self.hours[:] = kept * self.hours + hours
        self.far[:] = np.where(hours > 0, far, self.far)  # of an hour that was lost nothing is known
        few = lost | (events * FAR < taught) & (hours > 0)
        self.missed[:] = np.where(few, np.minimum(self.missed + 1, MISSED_FOR_GOOD), 0)
        habit |= self.missed == MISSED_FOR_GOOD
        self.counts[habit] = events[habit] / np.where(lost, 1, hours)[habit] * self.hours[habit]

    def _believed(self, usual: Floats) -> Floats:
        """The counts; of an hour seen once, and now again, no more than was believed of it."""
        once = (self.hours < SEEN_ONCE) & (usual > 0)
        if not once.any():
            return self.counts
        others = usual[:, None], np.ones((len(usual), 1))
        return np.where(once, np.minimum(self.counts, tempered(self.counts, self.hours, others)), self.counts)


def vary(variation: Floats, events: Floats, forecast: Floats, hours: Floats) -> None:
    """Learn the squared error beyond Poisson's, relative, less what a forecast from few weeks adds."""
    told = forecast >= FEW
    if not told.any():
        return
    expected = np.where(told, forecast, 1)
    own = ((events - expected) ** 2 - expected) / expected**2 / (1 + 1 / np.maximum(hours, ENOUGH_HOURS))
    step = (np.clip(own, -MOST_VARIATION, MOST_VARIATION) - variation) / VARIATION_MEMORY
    variation[told] += step[told]
