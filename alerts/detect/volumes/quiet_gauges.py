"""Gauges over many stretches of quiet at once; see `volume_run.follow`, which takes one after the other.

In quiet, what each stretch says for the likely rate has one sign: all of it speaks for silence, or all of it
against a surge.  So a gauge that may not fall below 0 either never would, or stays there once it has: it is a
plain running sum, cut at 0.  Sums run from the first stretch to the last, as when they are added up one by
one, so they come out the same to the last bit.

For example, a row's drift is 2.0, and three stretches speak against a surge by 0.8, 0.8 and 0.8.  The running
sums are 1.2, 0.4 and -0.4, and the gauge stands at 1.2, 0.4 and 0.  As nothing speaks for a surge after the
third, what was counted for it starts over there.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.volumes.volume_steps import ALLOWED, DRIFT, EVENTS, EXPECTED, RECOVERY, SINCE

NOWHERE: Final = -1


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
