"""Volumes: contacts, those that were given up, and how long people waited, counted as they come."""

from collections.abc import Mapping
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from alerts.hours import ALWAYS, OpenHours
from alerts.rules import DAY_MS
from stream.columnar.structured import Table, stacked
from stream.columnar.timestamps import Ints
from stream.indicators.cells import CELL
from stream.intake.batch import EventBatch
from stream.intake.history.touchpoints import TouchKind
from stream.intake.history.working_time import MOST_DAYS, WorkingTime
from stream.intake.panes import TALLY, tallies
from stream.messages.events import Interaction


class Volumes:
    """What interactions count in without anything being remembered of them."""

    def __init__(self, keeps: Mapping[str, Mapping[str, object]], pane_ms: int) -> None:
        self._keeps: Final = keeps
        self._pane_ms: Final = pane_ms
        self._hours: Final = cast("OpenHours", keeps.get("wait", {}).get("open", ALWAYS))
        self._working: Final = WorkingTime(self._hours)

    def tallied(self, batch: EventBatch[Interaction], kinds: Ints, combo: Ints) -> Table:
        """Contacts, abandoned ones and waits."""
        contact = np.isin(kinds, (TouchKind.CONTACT, TouchKind.HANDED_ON, TouchKind.ABANDONED))
        cells = []
        if "contacts" in self._keeps or "abandonment" in self._keeps:
            cells.append((contact, CELL["contacts"]))
        if "abandonment" in self._keeps:
            short = (kinds == TouchKind.ABANDONED) & self._short(batch)
            cells.append(((kinds == TouchKind.ABANDONED) & ~short, CELL["abandoned"]))
            cells.append((short, CELL["abandoned.short"]))
        if "wait" in self._keeps:
            target_s = cast("int", self._keeps["wait"]["target"]) / 1000
            wait_s = self._waits(batch)
            answered = contact & (kinds != TouchKind.ABANDONED)
            cells.append((answered & (wait_s <= target_s), CELL["wait.within"]))
            cells.append((answered & (wait_s > target_s), CELL["wait.over"]))
        pane = batch.at_ms // self._pane_ms
        rows = [tallies(batch.closing[own], pane[own], combo[own], cell) for own, cell in cells]
        return stacked(rows) if rows else np.empty(0, TALLY)

    def _waits(self, batch: EventBatch[Interaction]) -> NDArray[np.float64]:
        """Seconds that each has waited from `at` on, of the time that counts; NaN where it is not said."""
        wait_s = np.array([event.wait_s for event in batch.events], np.float64)  # None becomes NaN
        if self._hours.limited:
            said = ~np.isnan(wait_s)
            from_ms, longest_s = batch.at_ms[said], MOST_DAYS * DAY_MS / 1000
            to_ms = from_ms + np.rint(np.minimum(wait_s[said], longest_s) * 1000).astype(np.int64)
            wait_s[said] = self._working.between(from_ms, to_ms) / 1000
        return wait_s

    def _short(self, batch: EventBatch[Interaction]) -> NDArray[np.bool_]:
        """Contacts that waited for less than what counts as given up; those that do not say are none."""
        least_s = cast("int", self._keeps["abandonment"]["ignore_under"]) / 1000
        if not least_s:
            return np.zeros(len(batch), np.bool_)
        waited: NDArray[np.bool_] = np.array([event.wait_s for event in batch.events], np.float64) < least_s
        return waited
