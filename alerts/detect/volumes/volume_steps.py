"""Steps along a rhythm: one row's arrivals in one stretch, number by number, as long as nothing happens.

See `arrivals`.  Everything that takes a logarithm or an exponential is reckoned beforehand, in arrays; what
is left is to add, multiply and compare, arrival by arrival: float64, in the order in which `follow` does it.

In quiet, what each stretch says for the likely rate has one sign: all of it speaks for silence, or all of it
against a surge.  So a gauge that may not fall below 0 either never would, or stays there once it has: it is a
plain running sum, cut at 0.  Sums run from the first stretch to the last, as when they are added up one by
one, so they come out the same to the last bit.

For example, a row's drift is 2.0, and three stretches speak against a surge by 0.8, 0.8 and 0.8.  The running
sums are 1.2, 0.4 and -0.4, and the gauge stands at 1.2, 0.4 and 0.  As nothing speaks for a surge after the
third, what was counted for it starts over there.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.volumes.volume_bets import Bets

NOWHERE: Final = -1

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


def follow(
    likely: float,
    watched: tuple[Floats, Floats],
    fired: Flags,
    end_ms: Ints,
    seen: tuple[Floats, Floats, Ints | None],
) -> None:
    """Weigh a time for and against the likely rate: events allowed, expected, and that came.

    It ends for each row at its `end_ms`.  `likely` is that rate, in multiples of the bound; `watched` are the
    gauges, and what came lately of a breach that may be over.  Once nothing speaks for that rate, what was
    counted for it starts over.
    """
    gauges, lately = watched
    allowed, expected, came = seen
    gain = (1 - likely) * allowed
    if came is not None:
        gain += math.log(likely) * came
        gauges[:, EVENTS] += came
    gauges[:, DRIFT] = np.maximum(gauges[:, DRIFT] + gain, 0)
    gauges[:, RECOVERY] = np.maximum(gauges[:, RECOVERY] - gain, 0)
    gauges[:, ALLOWED] += allowed
    gauges[:, EXPECTED] += expected
    over = (gauges[:, DRIFT] <= 0) & ~fired
    gauges[over, SINCE], gauges[over, EVENTS:] = end_ms[over], 0
    if fired.any():
        more = np.stack([np.zeros(len(expected)) if came is None else came, expected], axis=1)
        back = np.where(gauges[:, RECOVERY, None] > 0, lately + more, 0.0)
        lately[fired] = back[fired]


def follow_quiet(
    watched: tuple[Floats, Floats], fired: Flags, ends_ms: Ints, seen: tuple[Floats, Floats, Floats]
) -> None:
    """Weigh stretches that end at `ends_ms`, `(stretches, rows)`, in which nothing comes in.

    `watched` are the gauges, and what came lately of a breach that may be over.  `seen` is, by stretch and
    row, what speaks for the likely rate, all of one sign, and the events allowed and expected.
    """
    gauges, lately = watched
    gain, allowed, expected = seen
    drift = np.maximum(_running(gauges[:, DRIFT], gain), 0)
    recovery = np.maximum(_running(gauges[:, RECOVERY], -gain), 0)
    last = _last((drift <= 0) & ~fired)
    gauges[:, DRIFT], gauges[:, RECOVERY] = drift[-1], recovery[-1]
    gauges[:, SINCE] = np.where(last == NOWHERE, gauges[:, SINCE], ends_ms[last, np.arange(len(last))])
    gauges[:, EVENTS] = np.where(last == NOWHERE, gauges[:, EVENTS], 0)
    gauges[:, ALLOWED] = _from(gauges[:, ALLOWED], allowed, last)
    gauges[:, EXPECTED] = _from(gauges[:, EXPECTED], expected, last)
    if fired.any():
        over = _last(recovery <= 0)
        lately[fired, 0] = np.where(over == NOWHERE, lately[:, 0], 0)[fired]
        lately[fired, 1] = _from(lately[:, 1], expected, over)[fired]


def _running(start: Floats, steps: Floats) -> Floats:
    """Sums after each stretch."""
    found: Floats = np.add.accumulate(np.concatenate([start[None], steps]), axis=0)[1:]
    return found


def _last(some: Flags) -> Ints:
    """By row, the last stretch of which something is true; `NOWHERE`: of none."""
    found: Ints = len(some) - 1 - np.argmax(some[::-1], axis=0)
    return np.where(some.any(axis=0), found, NOWHERE)


def _from(start: Floats, steps: Floats, last: Ints) -> Floats:
    """Sums after all stretches, if they start over from 0 after the `last` of some."""
    kept = np.where(np.arange(len(steps))[:, None] > last, steps, 0)
    found: Floats = _running(np.where(last == NOWHERE, start, 0), kept)[-1]
    return found
