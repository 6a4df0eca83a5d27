"""Coasting: sudden detection in one scope over many panes, number by number, as long as nothing happens.

A step of the detector handles all scopes of one pane in arrays, which costs as much for six scopes as for
six hundred.  Over a year of records most panes have few, and raise no alarm: plain numbers are faster then.
They are the same numbers: float64, added and multiplied in the same order.
"""

from typing import Final, NamedTuple

WEIGHTS: Final = (0.15, 0.2, 0.25, 0.25, 0.15)
"""Of the bets (see `sudden.FALLS`) in the mixture."""


class SuddenStanding(NamedTuple):
    """What `sudden` remembers of a row that is not in breach, by the names of its columns."""

    wealth: list[float]
    saved_ms: float
    answers: int
    last_ms: int
    drift: float
    since_ms: int
    run: list[int]


class Paths(NamedTuple):
    """What was reckoned beforehand of each pane with answers.

    `end_ms` is the pane's end, `new` the sums of its answers, `gain` what it does to each bet, `drift` its
    step of the drift, `kept` the share of the saved time that is not staked.
    """

    end_ms: list[int]
    new: list[list[int]]
    gain: list[list[float]]
    drift: list[float]
    kept: list[float]


def coast(
    was: SuddenStanding, paths: Paths, places: tuple[int, int], budget_ms: float
) -> tuple[SuddenStanding, int]:
    """Go through the panes from the first of `places` up to before the second.

    Returns where the row stands, and the place of the pane that would raise the alarm, or else the second.
    """
    wealth, saved_ms, answers, last_ms, drift, since_ms, run = was
    at, stop = places
    while at < stop:
        end_ms, new, kept = paths.end_ms[at], paths.new[at], paths.kept[at]
        most_ms = min(saved_ms + (end_ms - last_ms if answers else 0), budget_ms)
        stake = most_ms * (1 - kept) / budget_ms
        after = [(one + stake) * gain for one, gain in zip(wealth, paths.gain[at], strict=True)]
        if mixture(after) >= 1:
            break
        wealth, saved_ms, answers, last_ms = after, most_ms * kept, answers + new[0], end_ms
        drift = max(drift + paths.drift[at], 0.0)
        since_ms, run = since_ms or end_ms, [one + more for one, more in zip(run, new, strict=True)]
        if drift <= 0:
            since_ms, run = 0, [0, 0, 0]
        at += 1
    return SuddenStanding(wealth, saved_ms, answers, last_ms, drift, since_ms, run), at


def mixture(wealth: list[float]) -> float:
    """The mixture of all bets, added up in their order."""
    evidence = wealth[0] * WEIGHTS[0]
    for one, weight in zip(wealth[1:], WEIGHTS[1:], strict=True):
        evidence += one * weight
    return evidence
