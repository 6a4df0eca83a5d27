"""Levels: an indicator's answers as counts per place between the two ends of its scale."""

from dataclasses import dataclass

import numpy as np

from stream.indicators.cells import CELLS
from stream.indicators.formulas import FIRST, Formula, Ints


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """`steps` are how many steps of the lattice each level is above the low end, ascending.

    `weights` turn counts per cell of the formula into counts per level: cells by levels.
    """

    steps: Ints
    weights: Ints

    def counts(self, cells: Ints) -> Ints:
        """Counts per level of scopes by cells of the formula; never negative."""
        counts: Ints = np.maximum(cells @ self.weights, 0)
        return counts

    def sums(self, cells: Ints, counts: Ints, starts: Ints) -> Ints:
        """The same of counts one by one, each of some cell, in runs that begin at `starts`."""
        if not len(starts):
            return np.zeros((0, len(self.steps)), np.int64)
        sums: Ints = np.maximum(np.add.reduceat(self.weights[cells] * counts[:, None], starts, axis=0), 0)
        return sums


def levels(of: Formula) -> LevelCounts:
    """The levels of a bounded indicator."""
    steps = np.unique(of.weights[:, FIRST])
    steps = np.union1d(steps, [0])
    weights = np.zeros((len(of.cells), len(steps)), np.int64)
    for number, (n, first, _) in enumerate(of.weights.tolist()):
        place = int(np.searchsorted(steps, first))
        weights[number, place] = -1 if n < 0 else 1  # less than nothing: contacts that do not count after all
        if not n:  # a part of another cell's answers, such as the abandoned among the contacts
            weights[number, 0] -= 1
    used = np.any(weights > 0, axis=0)
    return LevelCounts(steps[used], weights[:, used])


def evidence(of: Formula, counts: Ints) -> dict[str, object]:
    """Counts per cell of which there are any, as alerts carry them: `{"1-5": {"1": 12, "2": 3}}` for answers.

    Where contacts fail after all that a window does not hold any more, fewer than none are resolved in it.
    """
    found: dict[str, object] = {}
    for cell, count in zip(of.cells.tolist(), counts.tolist(), strict=True):
        if count > 0:
            *path, last = CELLS[cell].split("/")
            if not path:
                found[last] = count
                continue
            within = found.setdefault("/".join(path[1:]) or path[0], {})
            if isinstance(within, dict):
                within[last] = count
    return found
