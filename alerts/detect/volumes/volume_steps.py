"""Steps along a rhythm: one row's arrivals in one stretch, number by number, as long as nothing happens.

See `arrivals`.  Everything that takes a logarithm or an exponential is reckoned beforehand, in arrays; what
is left is to add, multiply and compare, arrival by arrival: float64, in the order in which `volume` does it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from alerts.detect.volumes.volume_bets import Bets

DRIFT, RECOVERY, SINCE, EVENTS, ALLOWED, EXPECTED = range(6)
"""Gauges: a CUSUM for the likely rate, and since when nothing has spoken against it, with the events since,
how many the bound has and how many were expected; log odds that a breach is over."""


class VolumeStanding(NamedTuple):
    """What `volume` remembers of a row that changes here, by the names of its columns."""

    wealth: list[float]
    gauges: list[float]
    lately: list[float]


GaugeStep = tuple[float, int, float, float, int]
"""What a time is to the gauges: its weight for the likely rate, what came in, was allowed and expected, and
when it ends."""


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
    quiet: list[GaugeStep]
    pane: list[GaugeStep]


def coast(
    was: VolumeStanding, steps: VolumeSteps, places: tuple[int, int], bets: Bets, over: float | None
) -> tuple[VolumeStanding, int]:
    """Go through the arrivals from the first of `places` up to before the second.

    `over` are the log odds at which a breach is over; None: there is none.  Returns where the row stands, and
    the place of the arrival that would raise an alarm or end a breach; or else the second place.
    """
    return _armed(was, steps, places, bets) if over is None else _breached(was, steps, places, over)


def _armed(
    was: VolumeStanding, steps: VolumeSteps, places: tuple[int, int], bets: Bets
) -> tuple[VolumeStanding, int]:
    """Up to an alarm.  It is gone through for every pane with arrivals, so it calls as little as it can."""
    judged, paused, grown, added, gained, quiet, pane = steps
    wealth, (drift, recovery, since, events, allowed, expected), lately = was
    at, stop = places
    while at < stop:
        after, pauses = wealth, paused[at]
        if judged[at]:
            if pauses:
                after = [w * g + a for w, g, a in zip(after, grown[at], added[at], strict=True)]
            after = [(w + bets.stake) * g for w, g in zip(after, gained[at], strict=True)]
        if mixture(after, bets.weights) >= 1:
            break
        wealth = after
        for gain, came, most, usual, end_ms in (quiet[at], pane[at]) if pauses else (pane[at],):
            drift += gain
            drift = 0.0 if drift < 0 else drift  # `max` takes several times as long
            recovery -= gain
            recovery = 0.0 if recovery < 0 else recovery
            if drift <= 0:
                since, events, allowed, expected = float(end_ms), 0.0, 0.0, 0.0
            else:
                events, allowed, expected = events + came, allowed + most, expected + usual
        at += 1
    return VolumeStanding(wealth, [drift, recovery, since, events, allowed, expected], lately), at


def _breached(
    was: VolumeStanding, steps: VolumeSteps, places: tuple[int, int], over: float
) -> tuple[VolumeStanding, int]:
    """Up to the end of a breach."""
    wealth, gauges, lately = was
    at, stop = places
    while at < stop:
        seen, back = gauges, lately
        for step in (steps.quiet[at], steps.pane[at]) if steps.paused[at] else (steps.pane[at],):
            seen = followed(seen, step, fired=True)
            back = recovering(back, step, seen[RECOVERY])
        if seen[RECOVERY] >= over:
            break
        gauges, lately = seen, back
        at += 1
    return VolumeStanding(wealth, gauges, lately), at


def recovering(lately: list[float], step: GaugeStep, recovery: float) -> list[float]:
    """Events, and those expected, since something has spoken for the end of a breach."""
    _, came, _, expected, _ = step
    return [0.0, 0.0] if recovery <= 0 else [lately[0] + came, lately[1] + expected]


def followed(gauges: list[float], step: GaugeStep, *, fired: bool) -> list[float]:
    """The gauges after a time; once nothing speaks for the likely rate, what was counted starts over."""
    gain, came, allowed, expected, end_ms = step
    drift = max(gauges[DRIFT] + gain, 0.0)
    recovery = max(gauges[RECOVERY] - gain, 0.0)
    if drift <= 0 and not fired:
        return [drift, recovery, float(end_ms), 0.0, 0.0, 0.0]
    return [
        drift,
        recovery,
        gauges[SINCE],
        gauges[EVENTS] + came,
        gauges[ALLOWED] + allowed,
        gauges[EXPECTED] + expected,
    ]


def mixture(wealth: Sequence[float], weights: Sequence[float]) -> float:
    """The mixture of all bets, added up in their order."""
    total = wealth[0] * weights[0]
    for one, weight in zip(wealth[1:], weights[1:], strict=True):
        total += one * weight
    return total
