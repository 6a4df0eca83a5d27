"""Backtest: event files through the worker's own intake and judge, as fast as they go.

Times come from the events alone.  The two streams tell each other how far event time has come, so that a
stream with little in it holds nobody up.  What a backtest says ends with the last event: the pane that
contains it is judged, and nothing after.
"""

from collections.abc import Callable, Iterator
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import DAY_MS
from alerts.transitions import Transition
from stream.backtest.engine import SHOWN, Engine, Hear, RecordCounts
from stream.columnar.timestamps import Ints
from stream.files.event_files import EventFile, EventLines
from stream.files.line_heads import BLANK, FEEDBACK, INTERACTION
from stream.indicators.plan import Plan
from stream.judge.judge import Observer
from stream.messages.outcomes import Reason, RecordOutcome
from stream.messages.records import FileRecords, Stream

CHUNK_LINES: Final = 20_000
"""Lines fed at once: enough for columns to pay, few enough to stay in the processor's cache."""

CHUNK_MS: Final = 14 * DAY_MS
"""Event time fed at once: of a year of few events it is told now and then how far it has come."""

Judged = Callable[[int, int | None], None]
"""Hears how many lines are done, and the newest event time among them in ms."""

AHEAD_MS: Final = DAY_MS
"""How far past the watermark an event of a file may be (contract 3.1: files have no record timestamps)."""
WITNESSES: Final = 10
LOOK_AHEAD: Final = 20
"""A greater leap is believed if at least ten of the next twenty events are (within a day) as far: then
nothing happened for a while, as on a holiday.  So is one that is no greater than one believed before, one
that all events after it bear out (a few events a week, or a burst after a long pause at the end of a log),
and, where none follows, one of no more than ten times the usual time between events.  Otherwise one clock is
wrong."""
USUAL: Final = 10
"""Events before a leap whose mean distance is the usual one."""

KIND: Final = {Stream.INTERACTIONS: INTERACTION, Stream.FEEDBACK: FEEDBACK}


class Backtest:
    """One run over the lines of an event file."""

    def __init__(
        self,
        plan: Plan,
        events: EventFile,
        observer: Observer | None = None,
        hear: Hear | None = None,
    ) -> None:
        self.fate = RecordCounts()
        self._events = events
        self._engine = Engine(plan, observer, hear)
        self._timing = plan.rulebook.timing
        self._offset = dict.fromkeys(Stream, 0)
        self._ahead = _ahead(events, plan.rulebook.timing.lateness_ms)
        self._last = {stream: _last(events, KIND[stream], self._ahead) for stream in Stream}

    def run(self, told: Judged = lambda *_: None) -> Iterator[Transition]:
        """Every transition in the order in which it comes about; `told` hears how far it is."""
        first = 0
        for last in self._cuts():
            yield from self._chunk(first, self._events.lines(first, last))
            first = last
            told(last, self.fate.last_ms)
        yield from self._end()

    def _cuts(self) -> list[int]:
        """Where chunks end."""
        lines = len(self._events)
        cuts = {*range(CHUNK_LINES, lines, CHUNK_LINES), lines} if lines else set()
        clock_ms = np.maximum.accumulate(self._events.times())
        if lines:
            cuts.update((np.flatnonzero(np.diff(clock_ms // CHUNK_MS)) + 1).tolist())
        return sorted(cuts)

    def _chunk(self, first: int, lines: EventLines) -> Iterator[Transition]:
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

    def _feed(self, stream: Stream, lines: EventLines, own: NDArray[np.bool_]) -> list[Transition]:
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
        self.fate.outcomes[RecordOutcome.REJECTED] += len(place)
        self.fate.reasons[Reason.FUTURE] += len(place)
        for number in place[:SHOWN].tolist():
            detail = (
                "at: want at most a day past the watermark, got more, and no event after it bears it out: a "
                "wrong clock? If it is right, add to the log what followed, or begin it behind the pause"
            )
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
        if leap_ms <= longest_ms or _borne_out(witnesses, clock_ms[:place], leap_ms):
            longest_ms = max(longest_ms, leap_ms)
        else:
            found[place] = True
            at_ms = np.where(np.arange(len(at_ms)) == place, before_ms, at_ms)
            clock_ms[place:] = np.maximum.accumulate(np.maximum(at_ms[place:], before_ms))


def _borne_out(witnesses: NDArray[np.bool_], before_ms: Ints, leap_ms: int) -> bool:
    """Whether the events around a leap say that nothing happened for a while; `before_ms` never falls."""
    if witnesses.sum() >= WITNESSES:
        return True
    if len(witnesses):
        return bool(witnesses.all())
    usual_ms = np.diff(before_ms[-USUAL - 1 :])
    return len(usual_ms) >= USUAL and leap_ms <= USUAL * float(usual_ms.mean())
