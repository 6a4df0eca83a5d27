"""Agreement on the time: one clock that is ahead must not make all others late.

A source's clock is its greatest event time, and whatever is older than that less the lateness is late.  So a
single wrong clock could make everybody late.  Nothing happens before its time, though: an event moves the
clock no further than the time that Kafka's timestamps agree on.  Where the broker stamps records as it
appends them (`message.timestamp.type=LogAppendTime`) that is the greatest timestamp so far.  Where producers
stamp them, one timestamp is one producer's clock.  If it is more than the longest ordinary gap past the
agreed time, it waits for witnesses: eight such records in a row are believed, as after a quiet night.  If
others who still have the agreed time come between them, it takes forty in a row from then on, until a hundred
records of theirs have come without another.

An event that waits counts in its own pane all the same; it only moves no clock.  A record without a
timestamp stands for its own event time, and is refused as `future` when that is a day past the agreed time
and has no witnesses.  Events of files have no timestamps and no guard here: a backtest has one of its own.

For example, with gaps of 30 s: timestamps 10:00, 10:58, 10:01 agree on 10:00, 10:00, 10:01.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.rules import DAY_MS, Timing
from stream.columnar.timestamps import NO_TIME, Ints
from stream.intake.decoding.decode import Decoded, without
from stream.intake.wall import Undo
from stream.messages.events import EventT
from stream.messages.outcomes import Reason, RecordError
from stream.messages.records import Record

WITNESSES: Final = 8
"""Records in a row, nobody contradicting: one bad clock among three has them once in 6,561 times."""
CONTESTED_WITNESSES: Final = 40
CALM: Final = 100
"""Records that have the agreed time, in a row, after which a clock that was ahead is forgotten."""
APPENDED: Final = 1
"""Kafka's `timestamp_type` of records that the broker stamped."""


class SavedAgreement(msgspec.Struct, array_like=True):
    """How an agreement stands; see `ClockAgreement`."""

    agreed_ms: int = NO_TIME
    run: tuple[int, ...] = ()
    contested: bool = False
    calm: int = 0


@dataclass(frozen=True, slots=True)
class Agreed:
    """For each event how far it moves its source's clock, at most; and which are refused as `future`.

    `ahead` counts those whose timestamps wait for witnesses.
    """

    clock_ms: Ints
    refused: Sequence[int] = ()
    ahead: int = 0


def agreed(agreement: "ClockAgreement", decoded: Decoded[EventT]) -> tuple[Decoded[EventT], Agreed]:
    """Events without those that are refused, which join the rejects, and what is agreed on the others."""
    found = agreement.agree(decoded.at_ms, decoded.stamps, decoded.records)
    if not found.refused:
        return decoded, found
    error = RecordError(
        Reason.FUTURE, "at: want at most a day past the agreed time, got more and no timestamp"
    )
    sound = without(decoded, dict.fromkeys(found.refused, error))
    return sound, Agreed(np.delete(found.clock_ms, list(found.refused)), (), found.ahead)


class ClockAgreement:
    """The time that the records of one input partition agree on.

    How it stands: `agreed_ms` is that time, `run` are the timestamps past it that wait; `contested` says that
    records with the agreed time have come between such, `calm` how many since the last of them.
    """

    def __init__(self, timing: Timing, saved: SavedAgreement | None = None) -> None:
        self._gap_ms = max(timing.lateness_ms, timing.idle_after_ms)
        self._stands = saved or SavedAgreement()

    def saved(self) -> SavedAgreement:
        """How it stands, for a snapshot."""
        return self._stands

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        stands = self._stands

        def undo() -> None:
            self._stands = stands

        return undo

    def agree(self, at_ms: Ints, stamped: Ints | None, records: Sequence[Record]) -> Agreed:
        """Take the records of events, in order; `stamped` are their timestamps, None in a file."""
        if stamped is None or not len(at_ms):
            return Agreed(at_ms)
        appended: NDArray[np.bool_] | None = None
        agreed = np.empty(len(at_ms), np.int64)
        refused: list[int] = []
        ahead, place = 0, 0
        while True:
            if self._is_quiet:
                place = self._run_on(agreed, stamped, place, appended)
            if place == len(at_ms):
                return Agreed(np.minimum(at_ms, agreed), refused, ahead)
            if appended is None:  # nobody has asked so far: as a rule, nobody does
                kinds = [getattr(record, "timestamp_type", 0) == APPENDED for record in records]
                appended = np.array(kinds, np.bool_) & (stamped >= 0)
                continue
            own_ms, stamp_ms = int(at_ms[place]), int(stamped[place])
            known_ms = self._stands.agreed_ms
            if appended[place]:
                self._stands = SavedAgreement(max(stamp_ms, known_ms))
            elif not self._believes(own_ms if stamp_ms < 0 else stamp_ms, certain=stamp_ms >= 0):
                ahead += 1
                if stamp_ms < 0 and known_ms != NO_TIME and own_ms > known_ms + DAY_MS:
                    refused.append(place)
            agreed[place] = self._stands.agreed_ms
            place += 1

    @property
    def _is_quiet(self) -> bool:
        """Whether there is an agreed time, and nothing waits."""
        stands = self._stands
        return not stands.run and not stands.contested and stands.agreed_ms != NO_TIME

    def _run_on(self, agreed: Ints, stamped: Ints, first: int, appended: NDArray[np.bool_] | None) -> int:
        """Agree from `first` on up to the first timestamp that must wait, all at once; gives its place."""
        known_ms = np.maximum.accumulate(np.concatenate([[self._stands.agreed_ms], stamped[first:]]))
        waits = (np.diff(known_ms) > self._gap_ms) | (stamped[first:] < 0)
        if appended is not None:
            waits &= ~appended[first:]
        stop = int(np.argmax(waits)) if waits.any() else len(waits)
        agreed[first : first + stop] = known_ms[1 : stop + 1]
        self._stands = SavedAgreement(int(known_ms[stop]))
        return first + stop

    def _believes(self, stamp_ms: int, *, certain: bool) -> bool:
        """Whether a timestamp is one to go by; then it moves the agreed time on.

        The first of all is, if it is `certain` that it is a timestamp: there is nothing else to go by.
        """
        stands = self._stands
        known_ms = stands.agreed_ms
        if stamp_ms <= known_ms + self._gap_ms or (known_ms == NO_TIME and certain):
            self._near(max(stamp_ms, known_ms))
            return True
        run = (*stands.run, stamp_ms)
        if len(run) < (CONTESTED_WITNESSES if stands.contested else WITNESSES):
            self._stands = SavedAgreement(known_ms, run, stands.contested)
            return False
        second_ms, greatest_ms = sorted(run)[-2:]
        # The greatest may be one more clock that is wrong; the second has the others for witnesses.
        self._stands = SavedAgreement(greatest_ms if greatest_ms <= second_ms + self._gap_ms else second_ms)
        return True

    def _near(self, agreed_ms: int) -> None:
        stands = self._stands
        contested = stands.contested or bool(stands.run)
        calm = stands.calm + 1 if contested else 0
        if calm >= CALM:
            contested, calm = False, 0
        self._stands = SavedAgreement(agreed_ms, (), contested, calm)
