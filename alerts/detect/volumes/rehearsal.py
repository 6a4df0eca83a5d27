"""Rehearsal: a rhythm goes through what comes in on a copy of itself, and writes down its lessons."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from alerts.detect.row_sets import NO_ROWS
from alerts.detect.volumes.arrivals import Arrivals
from alerts.detect.volumes.lessons import Coming, Lessons
from alerts.detect.volumes.quiet_hours import Bounds, QuietHours
from alerts.detect.volumes.teaching import HourOfWeek
from alerts.detect.volumes.weekly_profile import WeeklyProfile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from alerts.detect.findings import Ints
    from alerts.detect.opening_hours import Stretch

CHANGING = ("level", "variation", "since_ms")
"""What a stretch changes of a rhythm's memory, beside its own hour of the week."""


def follow_lessons(rhythm: WeeklyProfile, arrivals: Arrivals, pane_ms: int) -> None:
    """Go by the lessons of what comes in: those that another rule's rhythm has had, or its own."""
    for lessons in arrivals.lessons:
        if rhythm.follow(lessons):
            return
    made = rehearse(rhythm, arrivals, pane_ms)
    if made is not None and rhythm.follow(made):
        arrivals.lessons.append(made)


def rehearse(rhythm: WeeklyProfile, arrivals: Arrivals, pane_ms: int) -> Lessons | None:
    """What the arrivals teach from now on; None where it is not worth it."""
    coming = Coming.of(arrivals, pane_ms, (rhythm.calendar, rhythm.stretch, rhythm.rows))
    if coming is None:
        return None
    copy, notes = rhythm.copy(coming), _Notes()
    until_ms, place = coming.ends_ms[-1] + 1, 0
    notes.begin(copy)
    while place < len(coming.stretches):
        quiet = copy.quiet_hours(until_ms)
        if quiet is None or len(quiet.stretches) == 1:
            came = np.flatnonzero(coming.counts[place])
            copy.add(coming.first_ms[place, came], came, coming.counts[place, came])
            notes.turn(copy)
            place += 1
        else:
            turns = len(quiet.stretches) - 1
            notes.skip(copy, quiet, turns)
            place += turns
    return notes.lessons(rhythm)


class _Notes:
    """What is written down on the way: by name, arrays of one stretch or several, one after the other."""

    def __init__(self) -> None:
        self._stretches: list[Stretch] = []
        self._kept: dict[str, list[NDArray[Any]]] = defaultdict(list)
        self._strays: list[Ints] = []

    def begin(self, copy: WeeklyProfile) -> None:
        """A stretch begins."""
        self._stretches.append(copy.stretch)
        memory = copy.memory()
        for name in CHANGING:
            self._keep(name, memory[name].copy())
        for name, part in copy.bounds()._asdict().items():
            self._keep(name, part)

    def turn(self, copy: WeeklyProfile) -> None:
        """The current stretch is over."""
        hour, memory = copy.stretch.hour, copy.memory()
        since_ms = memory["since_ms"].copy()
        self._keep("came", memory["now"].copy())
        self._keep("since", since_ms)
        copy.turn()
        self._strays.append(np.flatnonzero(memory["since_ms"] != since_ms))
        for name in HourOfWeek._fields:
            self._keep(name, memory[name][:, hour].copy())
        self.begin(copy)

    def skip(self, copy: WeeklyProfile, quiet: QuietHours, turns: int) -> None:
        """So many stretches have passed in which came what was foreseen."""
        memory = copy.memory()
        for name, of in (("variation", "variation"), ("since_ms", "since_ms"), ("since", "since_ms")):
            self._kept[name].append(np.repeat(memory[of][None], turns, axis=0))
        for name in ("came", "counts", "hours"):
            self._kept[name].append(getattr(quiet, name)[:turns])
        for name in ("far", "missed"):
            self._kept[name].append(np.zeros((turns, copy.rows), memory[name].dtype))
        self._strays.extend([NO_ROWS] * turns)
        self._stretches.extend(quiet.stretches[1 : turns + 1])
        self._kept["level"].append(quiet.sums[1 : turns + 1])
        for name, part in quiet.bounds._asdict().items():
            self._kept[name].append(part[1 : turns + 1])
        copy.skip(quiet, turns)

    def _keep(self, name: str, part: "NDArray[Any]") -> None:
        self._kept[name].append(part[None])

    def lessons(self, rhythm: WeeklyProfile) -> Lessons:
        """Everything, for rhythms that stand where the given one does."""
        kept = {name: np.concatenate(parts) for name, parts in self._kept.items()}
        return Lessons(
            stretches=self._stretches,
            began={name: part.copy() for name, part in rhythm.memory().items()},
            before={name: kept[name] for name in CHANGING},
            bounds=Bounds(*(kept[name] for name in Bounds._fields)),
            came=kept["came"],
            since_ms=kept["since"],
            left={name: kept[name] for name in HourOfWeek._fields},
            strays=self._strays,
        )
