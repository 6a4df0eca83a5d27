"""Backtest: event files through the worker's own intake and judge, as fast as they go.

Times come from the events alone.  The two streams tell each other how far event time has come, so that a
stream with little in it holds nobody up.  What a backtest says ends with the last event: the pane that
contains it is judged, and nothing after.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import DAY_MS
from alerts.transitions import Transition
from stream.backtest.contacts import ContactsHere, ContactTaker
from stream.backtest.engine import SHOWN, Engine, Hear, RecordCounts
from stream.columnar.timestamps import Ints
from stream.files.event_files import EventFile
from stream.files.line_heads import BLANK, FEEDBACK, INTERACTION
from stream.indicators.plan import Plan
from stream.intake.output import IntakeOutput
from stream.judge.judge import Observer
from stream.messages.outcomes import Reason, RecordOutcome
from stream.messages.records import FileRecords, Stream

CHUNK_LINES: Final = 20_000
"""Lines fed at once: enough for columns to pay, few enough to stay in the processor's cache."""

CHUNK_MS: Final = 56 * DAY_MS
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
LOOKED_AT: Final = 1_000_000
"""Events looked through at once for a leap, so that a log of any length takes no more memory for it."""
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
        contacts: ContactTaker | None = None,
    ) -> None:
        """`contacts` takes the interactions; without it, they are taken here."""
        self.fate = RecordCounts()
        self._events = events
        self._engine = Engine(plan, observer, hear)
        self._contacts = contacts or ContactsHere(self._engine.intakes[0])
        self._timing = plan.rulebook.timing
        self._offset = dict.fromkeys(Stream, 0)
        self._ahead = _ahead(events, plan.rulebook.timing.lateness_ms)
        self._last = {stream: _last(events, KIND[stream], self._ahead) for stream in Stream}

    def run(self, told: Judged = lambda *_: None) -> Iterator[Transition]:
        """Every transition in the order in which it comes about; `told` hears how far it is."""
        chunks = map(self._chunk, pairwise([0, *self._cuts()]))
        following = next(chunks, None)
        if following is not None:
            self._contacts.begin(following.records[Stream.INTERACTIONS])
        while (chunk := following) is not None:
            following = next(chunks, None)
            yield from self._judged(chunk, following)
            told(chunk.last, self.fate.last_ms)
        yield from self._end()

    def _cuts(self) -> list[int]:
        """Where chunks end."""
        lines = len(self._events)
        cuts = {*range(CHUNK_LINES, lines, CHUNK_LINES), lines} if lines else set()
        clock_ms = np.maximum.accumulate(self._events.times())
        if lines:
            cuts.update((np.flatnonzero(np.diff(clock_ms // CHUNK_MS)) + 1).tolist())
        return sorted(cuts)

    def _chunk(self, lines: tuple[int, int]) -> "_Chunk":
        """Lines up to the second, as records."""
        first, last = lines
        found = self._events.lines(first, last)
        wanted = found.kind != BLANK
        ahead = wanted & self._ahead[first:last]
        chunk = _Chunk(last, found.place[ahead], {}, {})
        for stream in Stream:
            own = wanted & ~ahead & (found.kind == KIND[stream])
            text = list(compress(found.text, own.tolist()))
            chunk.records[stream] = FileRecords(self._offset[stream], text, found.at_ms[own])
            chunk.place[stream] = found.place[own]
            self._offset[stream] += len(text)
        return chunk

    def _judged(self, chunk: "_Chunk", following: "_Chunk | None") -> Iterator[Transition]:
        """Take the answers of a chunk and judge it, while the interactions of the following are taken."""
        self._refuse(chunk.ahead)
        answers = chunk.records[Stream.FEEDBACK]
        outputs = {} if self._contacts.apart else {Stream.INTERACTIONS: self._contacts.taken()}
        outputs[Stream.FEEDBACK] = self._engine.intakes[0].feed(Stream.FEEDBACK, answers)
        if self._contacts.apart:
            outputs[Stream.INTERACTIONS] = self._contacts.taken()
        for stream in Stream:
            self._count(outputs[stream], chunk, stream)
        moved = [stream for stream in Stream if self._events.in_order or self._last[stream] < chunk.last]
        clock_ms = self.fate.last_ms
        self._contacts.begin(
            None if following is None else following.records[Stream.INTERACTIONS],
            clock_ms if Stream.INTERACTIONS in moved else None,
        )
        for stream in Stream:
            yield from self._engine.judge(outputs[stream])
        if clock_ms is not None:
            for stream in moved:
                yield from self._engine.judge(self._moved(stream, clock_ms))

    def _moved(self, stream: Stream, clock_ms: int) -> IntakeOutput:
        """What comes of moving a stream's clock; that of interactions has been asked for before."""
        if stream is Stream.INTERACTIONS:
            return self._contacts.taken()
        return self._engine.intakes[0].feed(stream, (), clock_ms)

    def _count(self, output: IntakeOutput, chunk: "_Chunk", stream: Stream) -> None:
        self.fate.count(output)
        for reject in output.rejects[:SHOWN]:
            if len(self.fate.first) < SHOWN:
                place = chunk.place[stream][reject.offset - chunk.records[stream].first]
                self.fate.show(self._events.where(int(place)), reject.reason, reject.detail)

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
            self._contacts.begin(None, end_ms)
            for stream in Stream:
                yield from self._engine.judge(self._moved(stream, end_ms))


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Lines that are fed together, up to `last`: records by stream, and which lines they are.

    `ahead` are lines whose clocks are ahead of all others.
    """

    last: int
    ahead: Ints
    records: dict[Stream, FileRecords]
    place: dict[Stream, Ints]


def _last(events: EventFile, kind: int, ahead: NDArray[np.bool_]) -> int:
    """Number of the last line of a kind, in their order; -1 without any."""
    found = (events.kinds() == kind) & ~ahead
    return len(found) - 1 - int(found[::-1].argmax()) if found.any() else -1


def _ahead(events: EventFile, lateness_ms: int) -> NDArray[np.bool_]:
    """Which lines, in their order, are further past the watermark than an event may be."""
    at_ms, kinds = events.times(), events.kinds()
    if events.in_order and not (kinds == BLANK).any():
        return too_far(at_ms, lateness_ms)
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
        place = _first_leap(clock_ms, start, allowed_ms)
        if not place:
            return found
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


def _first_leap(clock_ms: Ints, start: int, allowed_ms: int) -> int:
    """The place of the first one behind `start` that is so far from the one before; 0 for none."""
    for first in range(start, len(clock_ms) - 1, LOOKED_AT):
        leaps = np.flatnonzero(np.diff(clock_ms[first : first + LOOKED_AT + 1]) > allowed_ms)
        if len(leaps):
            return first + 1 + int(leaps[0])
    return 0


def _borne_out(witnesses: NDArray[np.bool_], before_ms: Ints, leap_ms: int) -> bool:
    """Whether the events around a leap say that nothing happened for a while; `before_ms` never falls."""
    if witnesses.sum() >= WITNESSES:
        return True
    if len(witnesses):
        return bool(witnesses.all())
    usual_ms = np.diff(before_ms[-USUAL - 1 :])
    return len(usual_ms) >= USUAL and leap_ms <= USUAL * float(usual_ms.mean())
