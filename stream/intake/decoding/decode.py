"""Decoding: a list of records becomes sound events with their times, and rejects with their reasons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter
from typing import Final, Generic, cast

import msgspec
import numpy as np

from stream.columnar.timestamps import EARLIEST_MS, LATEST_MS, NO_TIME, UNTIL_MS, Ints, read_times
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.limits import (
    HARMLESS_BYTES,
    refusal,
    refused_channel,
    refused_id,
    refused_reference,
)
from stream.intake.decoding.odd_times import odd_time
from stream.intake.decoding.rejects import mended_of
from stream.messages.events import EventT, Feedback, Interaction
from stream.messages.outcomes import Reason, RecordError, Reject
from stream.messages.records import FileRecords, Record, Stream

UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, TypeError, RecursionError)
"""What the fast decoder raises; `rejects` then looks again."""

_INTERACTION: Final = msgspec.json.Decoder(Interaction)
_FEEDBACK: Final = msgspec.json.Decoder(Feedback)
_VALUE: Final = attrgetter("value")
_TIMESTAMP: Final = attrgetter("timestamp")
_CHANNEL: Final = attrgetter("channel")
_ID: Final = attrgetter("id")

_NOWHERE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded(Generic[EventT]):
    """Sound events in record order with one column, and the rejects in record order.

    `at_ms`, `column`, `stamps` and `records` belong to `events`, one each; `stamps` are Kafka's
    timestamps (-1: none), None of a file, which has none.  The column of an interaction is its `opened_at`
    in milliseconds (`NO_TIME` without one), that of feedback the cell that it is counted in.
    """

    events: Sequence[EventT]
    at_ms: Ints
    column: Ints
    rejects: Sequence[Reject]
    records: Sequence[Record]
    stamps: Ints | None = None


def decode_interactions(records: Sequence[Record], max_ahead_ms: int) -> Decoded[Interaction]:
    """Read records of cx.interactions; an event more than `max_ahead_ms` past its record is refused."""
    events, kept, rejects, long = _structs(records, Stream.INTERACTIONS, _INTERACTION.decode)
    stamps = _stamps(kept)
    at_ms, errors = _times(events, kept, stamps, max_ahead_ms)
    _check_names(events, errors)
    if long:
        _check_references(events, _values(kept), errors)
    opened_ms = np.full(len(events), NO_TIME, np.int64)
    given, given_ms = _given_times([event.opened_at for event in events])
    opened_ms[given] = given_ms
    _check_given("opened_at", events, given, given_ms, errors)
    every = Decoded(
        events=events, at_ms=at_ms, column=opened_ms, rejects=rejects, records=kept, stamps=stamps
    )
    return without(every, errors)


def decode_feedback(records: Sequence[Record], max_ahead_ms: int, levels: ScaleLevels) -> Decoded[Feedback]:
    """Read records of cx.feedback; `levels` knows the scales."""
    events, kept, rejects, long = _structs(records, Stream.FEEDBACK, _FEEDBACK.decode)
    stamps = _stamps(kept)
    at_ms, errors = _times(events, kept, stamps, max_ahead_ms)
    _check_names(events, errors)
    if long:
        _check_references(events, _values(kept), errors)
    given, given_ms = _given_times([event.interaction_at for event in events])
    _check_given("interaction_at", events, given, given_ms, errors)
    known = levels.known
    cells = [known((event.indicator, event.scale, event.score)) for event in events]
    for place in [place for place, cell in enumerate(cells) if cell is None] if None in cells else ():
        event = events[place]
        try:  # most have been met meanwhile
            cells[place] = levels.cell(event.indicator, event.scale, event.score)
        except RecordError as error:
            cells[place] = -1
            # Its traceback is of this frame, which would hold itself.
            errors.setdefault(place, error.with_traceback(None))
    column = np.array(cells, np.int64)
    every = Decoded(events=events, at_ms=at_ms, column=column, rejects=rejects, records=kept, stamps=stamps)
    return without(every, errors)


def _structs(
    records: Sequence[Record], stream: Stream, decode: Callable[[bytes], EventT]
) -> tuple[list[EventT], Sequence[Record], list[Reject], bool]:
    """Events, the records that they came from (as they were given if all were sound), and the rejects.

    The last says whether there are values so long that more than the decoder must look at them.
    """
    events: list[EventT] = []
    rejects: list[Reject] = []
    refused: set[int] = set()
    all_sound = True
    known, broken, long = _readable(_values(records))
    decoded = map(decode, known)
    while True:
        try:
            events.extend(decoded)  # keeps what came before an error, and goes on after it
            break
        except UNREADABLE:
            all_sound = False
            place = len(events) + len(rejects)
            record = records[place]
            value = record.value or b""
            limit = refusal(value) if len(value) <= HARMLESS_BYTES else broken.get(place)
            try:
                events.append(mended_of(record, stream, limit))  # type: ignore[arg-type]  # the stream's own struct
            except RecordError as error:
                rejects.append(Reject(record.offset, error.reason, error.detail))
                refused.add(place)
    if all_sound:
        return events, records, rejects, long
    return events, [record for place, record in enumerate(records) if place not in refused], rejects, long


def _readable(values: Sequence[bytes | None]) -> tuple[Sequence[bytes], Mapping[int, RecordError], bool]:
    """The values, with b"" (which is no JSON) for those that are null or break a limit; by place, which.

    The last says whether any is longer than what breaks no limit.
    """
    if None in values:
        values = [value or b"" for value in values]
    known = cast("Sequence[bytes]", values)
    if max(map(len, known), default=0) <= HARMLESS_BYTES:
        return known, {}, False
    broken = {
        place: error
        for place, value in enumerate(known)
        if len(value) > HARMLESS_BYTES and (error := refusal(value)) is not None
    }
    return [b"" if place in broken else value for place, value in enumerate(known)], broken, True


def _values(records: Sequence[Record]) -> Sequence[bytes | None]:
    """Values as they came."""
    return records.values if isinstance(records, FileRecords) else list(map(_VALUE, records))


def _check_names(events: Sequence[EventT], errors: dict[int, RecordError]) -> None:
    """Note by place the events whose id or channel is no name; of channels there are few, looked at once."""
    if any(map(str.isspace, map(_ID, events))):
        for place, event in enumerate(events):
            if (error := refused_id(event.id)) is not None:
                errors.setdefault(place, error)
    found = {name: refused_channel(name) for name in set(map(_CHANNEL, events))}
    blank = {name: error for name, error in found.items() if error is not None}
    for place in [place for place, event in enumerate(events) if event.channel in blank] if blank else ():
        errors.setdefault(place, blank[events[place].channel])


def _check_references(
    events: Sequence[EventT], values: Sequence[bytes | None], errors: dict[int, RecordError]
) -> None:
    """Note by place the events that refer to others by ids that are too long; a value for each event."""
    for place, value in enumerate(values):
        if value is not None and len(value) > HARMLESS_BYTES:
            error = refused_reference(events[place])
            if error is not None:
                errors.setdefault(place, error)


def _stamps(records: Sequence[Record]) -> Ints | None:
    """Kafka's timestamps, -1 where one record has none; None where all have none, as the lines of a file."""
    if isinstance(records, FileRecords):
        return None
    try:
        return np.fromiter(map(_TIMESTAMP, records), np.int64, len(records))
    except TypeError:
        known = [-1 if record.timestamp is None else record.timestamp for record in records]
        return np.array(known, np.int64) if any(stamp != -1 for stamp in known) else None


def _times(
    events: Sequence[EventT], records: Sequence[Record], stamps: Ints | None, max_ahead_ms: int
) -> tuple[Ints, dict[int, RecordError]]:
    """When each event happened, and by place those that cannot have."""
    errors: dict[int, RecordError] = {}
    if not events:
        return _NOWHERE, errors
    if (
        isinstance(records, FileRecords)
        and records.at_ms.min() >= EARLIEST_MS
        and records.at_ms.max() < UNTIL_MS
    ):
        return records.at_ms, errors
    at_ms = read_times([event.at for event in events])
    stamped = np.full(len(events), -1, np.int64) if stamps is None else stamps
    for place in np.flatnonzero((at_ms < EARLIEST_MS) | (at_ms > _limits(stamped, max_ahead_ms))).tolist():
        wrong = no_moment("at", int(at_ms[place]), events[place].at)
        errors[place] = wrong or _too_far_ahead(int(at_ms[place]), int(stamped[place]), max_ahead_ms)
    return at_ms, errors


def _limits(stamped: Ints, max_ahead_ms: int) -> Ints:
    """The latest time that each record may carry; -1 means no timestamp."""
    limits: Ints = np.where(stamped < 0, UNTIL_MS, np.minimum(stamped, UNTIL_MS) + max_ahead_ms)
    return np.minimum(limits, UNTIL_MS - 1)


def _too_far_ahead(at_ms: int, timestamp: int, max_ahead_ms: int) -> RecordError:
    ahead_s = (at_ms - timestamp) / 1000
    wanted = f"at most {max_ahead_ms / 1000:g} s past the record's timestamp"
    return RecordError(Reason.FUTURE, f"at: want {wanted}, got {ahead_s:.0f} s")


def _given_times(values: Sequence[str | float | None]) -> tuple[Ints, Ints]:
    """Places of the times that are there, and what they are; mostly there are none, which is quick to see."""
    if values.count(None) == len(values):
        return _NOWHERE, _NOWHERE
    given = {place: value for place, value in enumerate(values) if value is not None}
    return np.array(list(given), np.int64), read_times(list(given.values()))


def _check_given(
    name: str, events: Sequence[EventT], places: Ints, at_ms: Ints, errors: dict[int, RecordError]
) -> None:
    """Note by place the times that are none, or that no clock should show."""
    wrong = (at_ms < EARLIEST_MS) | (at_ms >= UNTIL_MS)
    if wrong.any():
        for place, when_ms in zip(places[wrong].tolist(), at_ms[wrong].tolist(), strict=True):
            error = no_moment(name, when_ms, getattr(events[place], name))
            if error is not None:
                errors.setdefault(place, error)


def no_moment(name: str, at_ms: int, value: object) -> RecordError | None:
    """The complaint about a time that is none, or outside the years that are read."""
    if at_ms == NO_TIME or at_ms > LATEST_MS:
        wanted = "RFC 3339 with an offset or Unix seconds"
        return RecordError(Reason.BAD_TIME, f"{name}: want {wanted}, got neither{odd_time(value)}")
    if at_ms < EARLIEST_MS:
        return RecordError(Reason.TOO_EARLY, f"{name}: want 1990 or later, got an earlier time")
    if at_ms >= UNTIL_MS:
        return RecordError(Reason.FUTURE, f"{name}: want a time before 2100, got a later one")
    return None


def without(decoded: Decoded[EventT], errors: Mapping[int, RecordError]) -> Decoded[EventT]:
    """The same without the events that have errors, which join the rejects."""
    if not errors:
        return decoded
    sound = np.ones(len(decoded.events), bool)
    sound[list(errors)] = False
    wrong: list[Reject] = [
        Reject(decoded.records[place].offset, error.reason, error.detail) for place, error in errors.items()
    ]
    stamps = decoded.stamps
    return Decoded(
        events=list(compress(decoded.events, sound.tolist())),
        at_ms=decoded.at_ms[sound],
        column=decoded.column[sound],
        rejects=sorted([*decoded.rejects, *wrong], key=lambda reject: reject.offset),
        records=list(compress(decoded.records, sound.tolist())),
        stamps=None if stamps is None else stamps[sound],
    )
