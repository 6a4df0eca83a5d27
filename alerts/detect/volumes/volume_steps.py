"""Steps along a rhythm: one row's arrivals in one stretch, number by number, as long as nothing happens.

See `arrivals`.  Everything that takes a logarithm or an exponential is reckoned beforehand, in arrays; what
is left is to add, multiply and compare, arrival by arrival: float64, in the order in which `volume` does it.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from alerts.detect.volumes.volume_bets import Bets

DRIFT, RECOVERY, SINCE, EVENTS, ALLOWED, EXPECTED = range(6)
"""Gauges: a CUSUM for the likely rate, and since when nothing has spoken against it, with the events since,
how many the bound has and how many were expected; log odds that a breach is over."""

BACK: Final = math.log(100)
"""Odds at which a breach is over: a hundred to one for the bound against what the breach is likely to be."""


class VolumeStanding(NamedTuple):
    """What `volume` remembers of a row that changes here, by the names of its columns."""

    wealth: list[float]
    gauges: list[float]
    lately: list[float]


class GaugeSteps(NamedTuple):
    """What a time is to the gauges: its weight for the likely rate, what came in, was allowed, and expected.

    `end_ms` is when it ends.
    """

    gain: list[float]
    came: list[int]
    allowed: list[float]
    expected: list[float]
    end_ms: list[int]


class VolumeSteps(NamedTuple):
    """What was reckoned beforehand of each arrival: the quiet before it, and its pane.

    A bet's wealth w becomes w × `grown` + `added` over the quiet, and (w + `stake`) × `gained` over the pane.
    Where nothing is `judged` it stays.  `paused` says which arrivals have quiet before them.
    """

    judged: list[bool]
    paused: list[bool]
    grown: list[list[float]]
    added: list[list[float]]
    gained: list[list[float]]
    quiet: GaugeSteps
    pane: GaugeSteps


def coast(
    was: VolumeStanding, steps: VolumeSteps, places: tuple[int, int], bets: Bets, *, fired: bool
) -> tuple[VolumeStanding, int]:
    """Go through the arrivals from the first of `places` up to before the second.

    Returns where the row stands, and the place of the arrival that would raise an alarm or, where one has
    `fired`, end it; or else the second place.
    """
    wealth, gauges, lately = was
    at, stop = places
    while at < stop:
        after, seen, back = wealth, gauges, lately
        if steps.judged[at] and not fired:
            if steps.paused[at]:
                after = [w * g + a for w, g, a in zip(after, steps.grown[at], steps.added[at], strict=True)]
            after = [(w + bets.stake) * g for w, g in zip(after, steps.gained[at], strict=True)]
        if not fired and mixture(after, bets.weights) >= 1:
            break
        if steps.paused[at]:
            seen = followed(seen, steps.quiet, at, fired=fired)
            back = recovering(back, steps.quiet, at, seen[RECOVERY]) if fired else back
        seen = followed(seen, steps.pane, at, fired=fired)
        back = recovering(back, steps.pane, at, seen[RECOVERY]) if fired else back
        if fired and seen[RECOVERY] >= BACK:
            break
        wealth, gauges, lately = after, seen, back
        at += 1
    return VolumeStanding(wealth, gauges, lately), at


def recovering(lately: list[float], part: GaugeSteps, at: int, recovery: float) -> list[float]:
    """Events, and those expected, since something has spoken for the end of a breach."""
    if recovery <= 0:
        return [0.0, 0.0]
    return [lately[0] + part.came[at], lately[1] + part.expected[at]]


def followed(gauges: list[float], part: GaugeSteps, at: int, *, fired: bool) -> list[float]:
    """The gauges after a time; once nothing speaks for the likely rate, what was counted starts over."""
    drift = max(gauges[DRIFT] + part.gain[at], 0.0)
    recovery = max(gauges[RECOVERY] - part.gain[at], 0.0)
    if drift <= 0 and not fired:
        return [drift, recovery, float(part.end_ms[at]), 0.0, 0.0, 0.0]
    return [
        drift,
        recovery,
        gauges[SINCE],
        gauges[EVENTS] + part.came[at],
        gauges[ALLOWED] + part.allowed[at],
        gauges[EXPECTED] + part.expected[at],
    ]


def mixture(wealth: Sequence[float], weights: Sequence[float]) -> float:
    """The mixture of all bets, added up in their order."""
    total = wealth[0] * weights[0]
    for one, weight in zip(wealth[1:], weights[1:], strict=True):
        total += one * weight
    return total
