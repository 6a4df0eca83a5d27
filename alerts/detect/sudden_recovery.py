"""When a sudden fall is over: an exponential mean of the answers since the alarm is back at the floor.

It reaches back over as many answers as tell the episode's score from the floor by three standard deviations.
That score takes in the good answers that end the episode.  Where it was short they are soon most of it, its
score nears the floor, and the mean reaches back ever further: twenty answers of 33, and ninety of 88 until
it was over.  So the score is also taken up to where it was worst, as told by the CUSUM of the fall, and
the shorter reach of the two holds.  That one asks for six standard deviations: what was worst when a chance
alarm came looks worse than it is, and a fall that goes on must not be told as over.

Where much comes in, before the alarm or since the fall began (a storm brings many where there were few), the
mean has more chances in a day to be back by chance.  So above `MANY` answers a day it takes more standard
deviations, as many more as leave these chances as rare, the mean may reach back over what comes in `MOST_MS`,
and the answers since it was worst must be good ones.

Where floors differ from hour to hour, the mean of the answers of many hours is held against the mean of the
floors that they had, weighed alike: against the floor of a single hour, a fall that goes on would be over as
soon as an hour comes of which little is usual.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.scale import Moments, as_moments
from alerts.detect.sudden_terms import MOST, STAKED_SHARE, SURE, SuddenTerms
from alerts.rules import DAY_MS, HOUR_MS

SURE_OF_THE_WORST: Final = 6.0
"""Standard deviations between the floor and the score up to where it was worst."""
MANY: Final = 500
"""Answers a day."""
MOST_MS: Final = 4 * HOUR_MS
MOST_OF_MANY: Final = 2_000
"""Answers that the mean reaches back over at most, however many come in."""


class SuddenRecovery:
    """Follows the breaches of one rule, in the memory of its detector."""

    def __init__(self, table: Table, terms: SuddenTerms) -> None:
        self._table: Final = table
        self._terms: Final = terms

    def begin(self, rows: Ints, run: Moments, floors: Floats) -> None:
        """Alarms were raised, by the answers in `run`."""
        table = self._table
        table["bar"][rows] = floors
        table["mean"][rows] = self._terms.scale.goodness(run)
        table["after"][rows] = 0
        table["worst"][rows], table["worst_run"][rows] = table["drift"][rows], table["run"][rows]

    def take_up(self, row: int, at_ms: int) -> None:
        """A row was in breach at a time: its mean begins with the worst, and its rate is not known."""
        table = self._table
        table["fired"][row], table["last_ms"][row] = True, max(at_ms, int(table["last_ms"][row]))
        table["saved_ms"][row] = max(DAY_MS, float(table["saved_ms"][row]))

    def step(self, end_ms: int, rows: Ints, pane: tuple[Flags, Moments], floors: Floats) -> Flags:
        """Which rows are back: the fired ones, with the pane that ends at `end_ms` in their runs by now."""
        (fired, new), table = pane, self._table
        more = rows[fired]
        worse = more[table["drift"][more] >= table["worst"][more]]
        table["worst"][worse], table["worst_run"][worse] = table["drift"][worse], table["run"][worse]
        of_day = self.of_day(rows, table["run"][rows], (table["since_ms"][rows], np.full(len(rows), end_ms)))
        bar = np.where(table["bar"][rows] > 0, table["bar"][rows], floors)
        reach = self.reach(of_day, table["run"][rows], table["worst_run"][rows], bar)
        kept = (1 - 2 / (reach + 1)) ** new.n
        mean = kept * table["mean"][rows] + (1 - kept) * self._terms.scale.goodness(new)
        mean = np.where(fired, mean, table["mean"][rows])
        bar += (1 - kept) * (floors - bar)
        table["mean"][rows], table["bar"][more] = mean, bar[fired]
        table["after"][rows] += np.where(fired, new.n, 0).astype(np.int64)
        back: Flags = fired & (mean >= bar) & (table["after"][rows] >= reach / 2)
        return back

    def of_day(self, rows: Ints, run: Ints, span: tuple[Ints, Ints]) -> Floats:
        """Answers a day: before the breach, in which no time is saved up, or if more since the fall began.

        `span` is from when on, and up to when, the answers in `run` came.
        """
        before = DAY_MS / np.maximum(self._table["saved_ms"][rows] * STAKED_SHARE, 1)
        lasted_ms = np.maximum(self._terms.passed_ms(*span), HOUR_MS)
        found: Floats = np.maximum(before, run[:, 0] * (DAY_MS / lasted_ms))
        return found

    def reach(self, of_day: Floats, run: Ints, worst_run: Ints, floors: float | Floats) -> Floats:
        """Answers that the mean reaches back over, where so many come in a day."""
        most = np.clip(of_day * MOST_MS / DAY_MS, MOST, MOST_OF_MANY)
        sure = np.sqrt(SURE**2 + 2 * np.log(np.maximum(of_day / MANY, 1)))
        of_all = self._terms.reach(as_moments(run), floors, sure, most)
        of_worst = self._terms.reach(as_moments(worst_run), floors, SURE_OF_THE_WORST, most)
        good = self._terms.scale.goodness(as_moments(run - worst_run)) >= floors
        return np.where(good | (of_day <= MANY), np.minimum(of_all, of_worst), of_all)

    def worst(self, row: int, drifts: list[float], runs: Ints) -> tuple[Floats, Ints]:
        """Of a row's breach after each of many panes, given its CUSUM and its answers there.

        The CUSUM where it was worst, and the answers up to there.
        """
        heights = np.append(self._table["worst"][row], drifts)
        worst = np.maximum.accumulate(heights)
        places = np.maximum.accumulate(np.where(heights >= worst, np.arange(len(heights)), 0))
        up_to: Ints = np.concatenate([self._table["worst_run"][[row]], runs])[places]
        return worst[1:], up_to[1:]
