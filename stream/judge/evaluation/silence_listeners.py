"""Rules that listen for silence, and the scores that they mute.

A score cannot be judged where nothing comes in: an alert on it is stale, whatever the last answers said.  So
at each pane's end the listeners are judged first, and the scores after them, with what the listeners found.

For example, a rule listens for `contacts` and finds phone silent at pane 40.  `contacts` feeds `fcr`, so at
pane 40 the row of phone has just turned for `fcr`: its alert is stepped, and becomes stale.  `csat` is fed by
answers, and goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Ints
from alerts.detect.row_sets import NO_ROWS
from stream.indicators.catalogue import CATALOGUE
from stream.judge.evaluation.crossings import Hush
from stream.judge.evaluation.detector_inputs import BlockContext
from stream.judge.evaluation.detector_rules import DetectorRule
from stream.judge.evaluation.moves import AlertMove
from stream.judge.evaluation.schedule import DetectorSchedule, PaneContext

FED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "answers": ("csat", "ces", "nps"),
    "contacts": ("contacts", "fcr", "abandonment", "wait"),
}
"""What cannot come in while a volume is silent, where that is more than the volume's own key."""


def volume_of(indicator: str) -> str:
    """What must come in for the indicator to be scored: its key in the `indicators:` block."""
    return CATALOGUE[indicator].configured_by


class SilenceListeners:
    """The rules of one grouping that listen for silence.

    `schedules` says when each is judged next.  `listened` is whether one was judged at the pane judged last.
    """

    def __init__(self, rules: Sequence[DetectorRule], pane_ms: int) -> None:
        self._rules: Final = tuple(rules)
        self.schedules: Final = tuple(DetectorSchedule(each, pane_ms) for each in rules)
        self.listened = False
        self._silent: dict[str, Flags] = {}
        self._silent_before: dict[str, Flags] = {}
        self._turned: dict[str, Ints] = {}
        self._turns: Ints | None = None
        self._room = 0

    def open(self, of: BlockContext) -> None:
        """Look at a block of panes, before the scores do."""
        self._room, self._turns = of.room, None
        self._silent = self._silent_now(of.room)
        for schedule in self.schedules:
            schedule.open(of)

    def judge(self, moment: PaneContext, room: int) -> Iterator[AlertMove]:
        """Step the alerts of the listeners that are due, before the scores; rows are below `room`."""
        self._silent_before, self.listened = self._silent, False
        self._turned = {}
        for schedule in self.schedules:
            if schedule.when == moment.pane:
                yield from schedule.step(moment)
                self.listened = True
        if self.listened:
            self._room, self._turns = room, None
            self._silent = self._silent_now(room)

    def silent(self, indicator: str) -> Flags | None:
        """For which rows nothing comes in that the indicator is scored from; None: nobody listens."""
        return self._silent.get(volume_of(indicator))

    def muting(self, indicator: str) -> Hush:
        """For which rows nothing comes in that the indicator is scored from, and until when."""
        muted = self.silent(indicator)
        if muted is None:
            return Hush()
        if self._turns is None:
            self._turns = np.minimum.reduce([schedule.turns(self._room) for schedule in self.schedules])
        return Hush(muted, self._turns)

    def turned(self, indicator: str) -> Ints:
        """The rows, ascending, that fell silent or were heard again at the pane judged last."""
        if self._silent is self._silent_before:
            return NO_ROWS
        volume = volume_of(indicator)
        if volume not in self._turned:
            muted = self._silent.get(volume)
            before = self._silent_before.get(volume)
            self._turned[volume] = NO_ROWS if muted is None else np.flatnonzero(muted != before)
        return self._turned[volume]

    def _silent_now(self, room: int) -> dict[str, Flags]:
        """By volume, the rows for which nothing comes in, as far as some rule listens for that."""
        found: dict[str, Flags] = {}
        for rule in self._rules:
            own, rows = rule.rule.indicator, rule.silent(room)
            for volume in FED_BY.get(own, (volume_of(own),)):
                found[volume] = found[volume] | rows if volume in found else rows
        return found
