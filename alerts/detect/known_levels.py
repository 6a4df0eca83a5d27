"""Known levels: what somebody has accepted of a score, so that only what is worse is news.

Who says of a sudden fall that it is known takes the level of that moment for what is to be expected.  The row
has a floor of its own from then on: the level less two of its standard errors, so that a level which was
judged too low by chance does not page.  Against it the bets of `sudden` keep their budget, as against any
floor that is known before the answers come.

Such a floor lapses when the score is back at the rule's own: an exponential mean of the answers since has
reached that, over as many as tell the accepted level from it by three standard deviations.

For example, the floor is 75 and 60 of the 100 answers since the fall are good.  Somebody accepts that: the
floor is 50.2 from there, 60 less twice 4.9.  At 60 nobody hears anything, at 40 it fires.  Once the latest
answers are back at 75 the floor is 75 again, and the next fall to 60 is news.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.scale import Moments
from alerts.detect.sudden_terms import SuddenTerms

DOUBT: Final = 2.0
"""Standard errors of the accepted level by which the floor is lower."""
LEAST_FLOOR: Final = 0.01
"""A floor so close to the worst there is cannot be fallen below."""


class KnownLevels:
    """The accepted levels of one rule's rows, in the memory of its detector (columns `known…`)."""

    def __init__(self, table: Table, terms: SuddenTerms) -> None:
        self._table: Final = table
        self._terms: Final = terms

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._table["known"].any())

    def of(self, rows: Ints) -> Flags:
        """Which rows have one."""
        known: Flags = self._table["known"][rows] > 0
        return known

    def floors(self, rows: Ints, own: Floats) -> Floats:
        """The floors, as goodness, of rows whose `own` are known from their rule (0: none yet)."""
        known = self._table["known"][rows]
        return np.where((known > 0) & (own > 0), np.minimum(known, own), own)

    def accept(self, rows: Ints, run: Moments, own: Floats) -> Floats:
        """Accept the level of rows in breach, whose answers since their fall are `run`; the levels.

        A level is the mean of `run`, or that of the latest answers where it has surely sunk further.
        """
        table, scale = self._table, self._terms.scale
        reach = self._terms.reach(run, own)
        level, lately, variance = scale.goodness(run), table["mean"][rows], scale.variance(run)
        error, lately_error = np.sqrt(variance / run.n), np.sqrt(variance / np.minimum(run.n, reach))
        sunk = lately < level - DOUBT * lately_error
        level, error = np.where(sunk, lately, level), np.where(sunk, lately_error, error)
        floor = np.minimum(self.floors(rows, own), level - DOUBT * error)
        table["known"][rows] = np.maximum(floor, LEAST_FLOOR)
        table["known_reach"][rows] = reach
        table["known_mean"][rows] = level
        table["known_after"][rows] = 0
        return level

    def lapsed(self, rows: Ints, pane: Moments, own: Floats) -> Ints:
        """Follow the answers of a pane; the rows that are back at their own floors, and known no more."""
        table = self._table
        followed = self.of(rows) & (pane.n > 0)
        if not followed.any():
            return rows[:0]
        rows, pane, own = rows[followed], pane.of(followed), own[followed]
        reach = table["known_reach"][rows]
        kept = (1 - 2 / (reach + 1)) ** pane.n
        mean = kept * table["known_mean"][rows] + (1 - kept) * self._terms.scale.goodness(pane)
        after = table["known_after"][rows] + pane.n.astype(np.int64)
        table["known_mean"][rows], table["known_after"][rows] = mean, after
        back = (own > 0) & (mean >= own) & (after >= reach / 2) & ~table["fired"][rows]
        gone: Ints = rows[back]
        table["known"][gone] = 0
        return gone
