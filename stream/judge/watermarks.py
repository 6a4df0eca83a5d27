"""Watermarks: how far each source of tallies has come, and so how far time has come for a judge.

Every source closes its panes by its own watermark.  A judge's pane is closed when every source that is not
idle has closed it.  A source is idle when it says that it has been quiet for `idle_after` of wall time,
counted from the start of the current epoch at the earliest.  An epoch starts with the first sign of life
after a time in which every source was idle; so whoever reads an old log waits for each partition's first
records, and is not fooled by silence from before.

When every source is idle, event time goes on from the greatest that was seen, at the pace of the wall clock.
All wall times are Kafka timestamps of cx.tallies records: every judge of them draws the same conclusions.
A stamp that leaps ahead of all before it is believed as far as the next record agrees: where whoever writes
sets the stamps, one that is wrong would leave nobody idle until the wall clock is there.  Until then each
source is waited for anew, as after any standstill.
Nothing is closed before the first event of any source.

For example, there are three sources: A has closed pane 7, B pane 6 and C pane 2.  So pane 2 is closed for
the judge.  When C says that it is idle, it no longer counts, and pane 6 is closed: C's open panes up to 6 are
added as they stand.  When C closes pane 3 later, what it reported of that pane is taken away, and what is
final is added, as a late correction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, NamedTuple

import msgspec
import numpy as np

from alerts.rules import Timing
from stream.messages.tallies import NO_PANE, Kind, Rows, ScopeKey, TallyMessage, no_rows

STILL_MS: Final = 5_000
"""How much longer than `idle_after` a log is without records only when nobody can write."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows to be added to the tallies, or taken away again when `sign` is -1."""

    scopes: Sequence[ScopeKey]
    rows: Rows
    sign: int = 1


class Missed(NamedTuple):
    """Panes of a source that are lost: closed, and their tallies never came, or what its intake knew of them.

    `known` is whether their tallies came, and it is the intake that has begun anew without them.
    """

    source: str
    first: int
    last: int
    known: bool = False


class SourceProgress(msgspec.Struct, kw_only=True):
    """How far one source has come.

    `provisional` are the rows of open panes that an idle source reported; those whose closing pane has been
    judged are in the tallies, until the source closes the pane and sends what is final.
    `seals`: only what has a seal is the source's.  It is not so where a snapshot of a version without seals
    was gone on from, until the source's first section with one.
    `midway`: it had closed panes before a judge began that has none of them, as they had another length.
    """

    position: int = -1
    through: int = NO_PANE
    clock_ms: int | None = None
    quiet_since_ms: int | None = None
    idle: bool = False
    began_ms: int | None = None
    seals: bool = False
    midway: bool = False


@dataclass(slots=True, kw_only=True)
class WatermarkAligner:
    """Every source that a judge must hear from, by name.

    `missed` is what the log has lost, `unsealed` how many sections had no seal, `ahead` how many stamps the
    records after them have contradicted, until somebody tells it.  `leap_ms` is a stamp that waits for that.
    """

    timing: Timing
    progress: dict[str, SourceProgress]
    epoch_ms: int | None = None
    wall_ms: int = 0
    leap_ms: int | None = None
    provisional: dict[str, Portion] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list, compare=False)
    unsealed: int = field(default=0, compare=False)
    ahead: int = field(default=0, compare=False)

    @classmethod
    def expecting(cls, names: Iterable[str], timing: Timing) -> "WatermarkAligner":
        """Sources that have sent nothing yet."""
        return cls(timing=timing, progress={name: SourceProgress(seals=True) for name in names})

    def take(self, section: TallyMessage, log_ms: int, judged: int) -> Iterator[Portion]:
        """Learn from a section; yields the rows that it makes final or corrects: none if it repeats others.

        `log_ms` is the Kafka timestamp of its record; `judged` the last pane judged (NO_PANE: none).
        """
        source = self.progress.get(section.source)
        if source is None or self._is_foreign(source, section) or section.position < source.position:
            return
        self._reach(log_ms)
        source.clock_ms = _greatest(source.clock_ms, section.clock_ms)
        self._begin(source, section)
        if section.kind is Kind.IDLE:
            self._quiet(source, section)
            if section.through == source.through:
                yield from self._replace(section, judged)
        else:
            self._wake(source)
            if section.kind is Kind.CLOSED and section.through > source.through:
                yield from self._close(source, section, judged)
        source.position = section.position

    def began_ms(self) -> int | None:
        """Event time of the earliest event of any source that has been heard; None: none yet."""
        return reduce(_least, (source.began_ms for source in self.progress.values()))

    def closed_through(self) -> int:
        """The last pane that is closed for a judge; NO_PANE when there is none."""
        if self.epoch_ms is None:
            return NO_PANE
        busy = [source.through for source in self.progress.values() if not source.idle]
        return min(busy) if busy else self._by_the_clock()

    def due(self, judged: int, through: int) -> Iterator[Portion]:
        """Provisional rows that count from now on, as panes after `judged` up to `through` are judged."""
        for name, held in self.provisional.items():
            if self.progress[name].through < through:
                chosen = _between(held.rows, judged, through)
                if len(chosen):
                    yield Portion(held.scopes, chosen)

    def _by_the_clock(self) -> int:
        """The last pane that is closed when all are quiet and event time goes on by the wall clock."""
        clocks = [source.clock_ms for source in self.progress.values() if source.clock_ms is not None]
        quiet = [source.quiet_since_ms or 0 for source in self.progress.values()]
        if not clocks:
            return NO_PANE
        now_ms = max(clocks) + max(0, self.wall_ms - max(quiet))
        by_clock = (now_ms - self.timing.lateness_ms) // self.timing.pane_ms - 1
        return max(by_clock, *(source.through for source in self.progress.values()))

    def _begin(self, source: SourceProgress, section: TallyMessage) -> None:
        """Learn when it began: later than it said before, if its intake has lost what it knew."""
        if (
            source.began_ms is not None
            and section.began_ms is not None
            and section.began_ms > source.began_ms
        ):
            first, end = (each // self.timing.pane_ms for each in (source.began_ms, section.began_ms))
            self.missed.append(Missed(section.source, first, end - 1, known=True))
            source.began_ms = section.began_ms
        source.began_ms = _least(source.began_ms, section.began_ms)

    def _is_foreign(self, source: SourceProgress, section: TallyMessage) -> bool:
        """Whether a section lacks the seal that its source's have."""
        lacks = source.seals and not section.sealed
        self.unsealed += lacks
        source.seals |= section.sealed
        return lacks

    def _reach(self, log_ms: int) -> None:
        """The wall clock moves on; what it moved while nobody could write proves no silence."""
        leaps, waits_ms, self.leap_ms = self._leaps(log_ms), self.leap_ms, None
        if leaps and waits_ms is not None:
            self.wall_ms = min(waits_ms, log_ms)
        if waits_ms is not None and waits_ms - log_ms > STILL_MS:
            self.ahead += 1
        if self.wall_ms and self._leaps(log_ms):
            self.leap_ms = log_ms
        else:
            self.wall_ms = max(self.wall_ms, log_ms)
        if leaps and self.epoch_ms is not None:
            self._start_epoch()

    def _leaps(self, log_ms: int) -> bool:
        """Whether that is so much later that nobody can have written meanwhile, or the stamp is wrong."""
        return log_ms - self.wall_ms > self.timing.idle_after_ms + STILL_MS

    def _start_epoch(self) -> None:
        self.epoch_ms = self.wall_ms
        for each in self.progress.values():
            each.idle = False

    def _quiet(self, source: SourceProgress, section: TallyMessage) -> None:
        since_ms = self.wall_ms - section.quiet_ms
        if source.quiet_since_ms is None or section.position > source.position:
            source.quiet_since_ms, source.idle = since_ms, False
        else:  # a new owner counts its own silence; with nothing new since, the longer one is true
            source.quiet_since_ms = min(source.quiet_since_ms, since_ms)
        if self.epoch_ms is not None:
            start_ms = max(source.quiet_since_ms, self.epoch_ms)
            source.idle = source.idle or self.wall_ms - start_ms >= self.timing.idle_after_ms

    def _wake(self, source: SourceProgress) -> None:
        if all(each.idle for each in self.progress.values()) or self.epoch_ms is None:
            self._start_epoch()
        source.idle = False
        source.quiet_since_ms = None

    def _close(self, source: SourceProgress, section: TallyMessage, judged: int) -> Iterator[Portion]:
        first = self._next_pane(source)
        if section.after is not None and first is not None and first <= section.after:
            self.missed.append(Missed(section.source, first, section.after))
        held = self.provisional.pop(section.source, None)
        if held is not None:
            undone = _between(held.rows, NO_PANE, min(judged, section.through))
            if len(undone):
                yield Portion(held.scopes, undone, -1)
            kept = held.rows.closing > section.through
            if kept.any():
                self.provisional[section.source] = Portion(held.scopes, _chosen(held.rows, kept))
        final = _chosen(section.rows, section.rows.closing > source.through)
        if len(final):
            yield Portion(section.scopes, final)
        source.through = section.through

    def _next_pane(self, source: SourceProgress) -> int | None:
        """The pane that it closes next, of those that it has said; None: nobody can say."""
        if source.through != NO_PANE:
            return source.through + 1
        if source.began_ms is None or source.midway:
            return None
        return source.began_ms // self.timing.pane_ms

    def _replace(self, section: TallyMessage, judged: int) -> Iterator[Portion]:
        if not len(section.rows):
            return  # as at the last IDLE section: what is open only grows
        held = self.provisional.pop(section.source, None)
        self.provisional[section.source] = Portion(section.scopes, section.rows)
        before = Portion((), no_rows()) if held is None else held
        for portion, sign in ((before, -1), (section, 1)):
            counted = _between(portion.rows, NO_PANE, judged)
            if len(counted):
                yield Portion(portion.scopes, counted, sign)


def _between(rows: Rows, after: int, through: int) -> Rows:
    return _chosen(rows, (rows.closing > after) & (rows.closing <= through))


def _chosen(rows: Rows, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    if chosen.all():
        return rows
    return Rows(*(column[chosen] for column in (rows.closing, rows.pane, rows.scope, rows.cell, rows.count)))


def _least(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _greatest(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)
