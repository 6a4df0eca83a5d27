"""Backtest: event files through the worker's own intake and judge, as fast as they go.

Times come from the events alone.  The two streams tell each other how far event time has come, so that a
stream with little in it holds nobody up.  What a backtest says ends with the last event: the pane that
contains it is judged, and nothing after.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import DAY_MS, Rulebook, Timing
from alerts.transitions import Transition
from stream.columnar.timestamps import Ints
from stream.files.event_files import BLANK, FEEDBACK, INTERACTION, EventFile, Lines, Told
from stream.indicators.plan import Plan
from stream.intake.intake import Intake, IntakeOutput
from stream.judge.judge import Judge, Observer
from stream.messages.outcomes import Outcome, Reason
from stream.messages.records import FileRecords, Record, Stream
from stream.messages.tallies import Section

CHUNK_LINES: Final = 20_000
"""Lines fed at once: enough for columns to pay, few enough to stay in the processor's cache."""

AHEAD_MS: Final = DAY_MS
"""How far past the watermark an event of a file may be (contract 3.1: files have no record timestamps)."""
WITNESSES: Final = 10
LOOK_AHEAD: Final = 20
"""A greater leap is believed if at least ten of the next twenty events are (within a day) as far: then
nothing happened for a while, as on a holiday.  So is one that is no greater than one believed before.
Otherwise one clock is wrong."""

SHOWN: Final = 5
KIND: Final = {Stream.INTERACTIONS: INTERACTION, Stream.FEEDBACK: FEEDBACK}

Hear = Callable[[Section], None]


@dataclass(slots=True)
class Fate:
    """What became of the records: `outcomes` are exclusive and add up to all that were read."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    first: list[tuple[str, Reason, str]] = field(default_factory=list)
    last_ms: int | None = None

    @property
    def read(self) -> int:
        """All records."""
        return self.outcomes.total()

    def count(self, output: IntakeOutput) -> None:
        """Add what one feed came to."""
        self.outcomes.update(output.outcomes)
        self.reasons.update(output.reasons)
        newest_ms = output.newest_event_ms
        if newest_ms is not None:
            self.last_ms = newest_ms if self.last_ms is None else max(self.last_ms, newest_ms)

    def end_ms(self, timing: Timing) -> int | None:
        """The event time at which the pane of the last event closes, and no other; None without events."""
        if self.last_ms is None:
            return None
        return (self.last_ms // timing.pane_ms + 1) * timing.pane_ms + timing.lateness_ms

    def show(self, where: str, reason: Reason, detail: str) -> None:
        """Keep the place of a reject, if it is one of the first."""
        if len(self.first) < SHOWN:
            self.first.append((where, reason, detail))


class Engine:
    """Every intake and judge of a plan, joined without Kafka between them."""

    def __init__(self, plan: Plan, observer: Observer | None = None, hear: Hear | None = None) -> None:
        """`hear` hears every section before it is judged, with all cells in it."""
        fed = replace(plan, reports=hear is not None)
        self._intakes = [Intake(fed, number) for number in range(plan.partitions)]
        self._judges = [Judge(plan, number, observer) for number in range(plan.partitions)]
        self._hear = hear

    def feed(
        self, partition: int, stream: Stream, records: Sequence[Record], heartbeat_ms: int | None = None
    ) -> tuple[IntakeOutput, list[Transition]]:
        """Take records of one partition in offset order, and judge what they complete."""
        output = self._intakes[partition].feed(stream, records, heartbeat_ms)
        told: list[Transition] = []
        for judge, sections in zip(self._judges, output.sections, strict=True):
            if self._hear is not None:
                for section in sections:
                    self._hear(section)
            told += judge.feed_all((section, 0) for section in sections)
        return output, told


def plan_of(rulebook: Rulebook, partitions: int = 1) -> Plan:
    """The plan of a run: no scores are kept that nobody will read, unless there is nothing else."""
    return Plan(rulebook, partitions, publishes=not rulebook.rules)


class Backtest:
    """One run over the lines of an event file."""

    def __init__(
        self,
        plan: Plan,
        events: EventFile,
        observer: Observer | None = None,
        hear: Hear | None = None,
    ) -> None:
        self.fate = Fate()
        self._events = events
        self._engine = Engine(plan, observer, hear)
        self._timing = plan.rulebook.timing
        self._offset = dict.fromkeys(Stream, 0)
        self._ahead = _ahead(events, plan.rulebook.timing.lateness_ms)
        self._last = {stream: _last(events, KIND[stream], self._ahead) for stream in Stream}

    def run(self, told: Told = lambda _: None) -> Iterator[Transition]:
        """Every transition in the order in which it comes about; `told` hears how many lines are done."""
        for first in range(0, len(self._events), CHUNK_LINES):
            last = min(first + CHUNK_LINES, len(self._events))
            yield from self._chunk(first, self._events.lines(first, last))
            told(last)
        yield from self._end()

    def _chunk(self, first: int, lines: Lines) -> Iterator[Transition]:
        wanted = lines.kind != BLANK
        ahead = wanted & self._ahead[first : first + len(wanted)]
        self._refuse(lines.place[ahead])
        wanted &= ~ahead
        for stream in Stream:
            own = wanted & (lines.kind == KIND[stream])
            yield from self._feed(stream, lines, own)
        for stream in Stream:
            if self._events.in_order or self._last[stream] < first + len(wanted):
                _, told = self._engine.feed(0, stream, (), self.fate.last_ms)
                yield from told

    def _feed(self, stream: Stream, lines: Lines, own: NDArray[np.bool_]) -> list[Transition]:
        text = list(compress(lines.text, own.tolist()))
        offset = self._offset[stream]
        self._offset[stream] += len(text)
        output, told = self._engine.feed(0, stream, FileRecords(offset, text, lines.at_ms[own]))
        self.fate.count(output)
        if output.rejects and len(self.fate.first) < SHOWN:
            place = lines.place[own]
            for reject in output.rejects[:SHOWN]:
                where = self._events.where(int(place[reject.offset - offset]))
                self.fate.show(where, reject.reason, reject.detail)
        return told

    def _refuse(self, place: Ints) -> None:
        """Count lines whose clocks are ahead of all others."""
        if not len(place):
            return
        self.fate.outcomes[Outcome.REJECTED] += len(place)
        self.fate.reasons[Reason.FUTURE] += len(place)
        for number in place[:SHOWN].tolist():
            detail = "at: want at most a day past the watermark, got more"
            self.fate.show(self._events.where(number), Reason.FUTURE, detail)

    def _end(self) -> Iterator[Transition]:
        """Close the pane of the last event."""
        end_ms = self.fate.end_ms(self._timing)
        if end_ms is not None:
            for stream in Stream:
                yield from self._engine.feed(0, stream, (), end_ms)[1]


def _last(events: EventFile, kind: int, ahead: NDArray[np.bool_]) -> int:
    """Number of the last line of a kind, in their order; -1 without any."""
    found = np.flatnonzero((events.kinds() == kind) & ~ahead)
    return int(found[-1]) if len(found) else -1


def _ahead(events: EventFile, lateness_ms: int) -> NDArray[np.bool_]:
    """Which lines, in their order, are further past the watermark than an event may be."""
    at_ms, kinds = events.times(), events.kinds()
    ahead = np.zeros(len(events), bool)
    if events.in_order:
        lines = np.flatnonzero(kinds != BLANK)
        ahead[lines] = too_far(at_ms[lines], lateness_ms)
        return ahead
    for kind in KIND.values():  # each stream has a clock of its own, as its partition has
        lines = np.flatnonzero(kinds == kind)
        ahead[lines] = too_far(at_ms[lines], lateness_ms)
    return ahead


def too_far(at_ms: Ints, lateness_ms: int) -> NDArray[np.bool_]:
    """Which of a stream's events, in its order, leap too far past the watermark and have no witnesses."""
    found = np.zeros(len(at_ms), bool)
    allowed_ms = AHEAD_MS - lateness_ms
    clock_ms = np.maximum.accumulate(at_ms)
    start, longest_ms = 0, 0
    while True:
        leaps = np.flatnonzero(clock_ms[start + 1 :] - clock_ms[start:-1] > allowed_ms)
        if not len(leaps):
            return found
        place = start + 1 + int(leaps[0])
        before_ms = int(clock_ms[place - 1])
        leap_ms = int(at_ms[place]) - before_ms
        witnesses = at_ms[place + 1 : place + 1 + LOOK_AHEAD] >= at_ms[place] - AHEAD_MS
        start = place
        if leap_ms <= longest_ms or witnesses.sum() >= WITNESSES:
            longest_ms = max(longest_ms, leap_ms)
        else:
            found[place] = True
            at_ms = np.where(np.arange(len(at_ms)) == place, before_ms, at_ms)
            clock_ms[place:] = np.maximum.accumulate(np.maximum(at_ms[place:], before_ms))
