"""Checking: an event as JSON is sound before it is written, and goes where its customer's events go."""

import codecs
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import orjson

from stream.columnar.timestamps import read_time
from stream.indicators.cells import SCALES_OF
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.decode import no_moment
from stream.intake.decoding.limits import (
    HARMLESS_BYTES,
    accept,
    refusal,
    refused_channel,
    refused_id,
    refused_reference,
)
from stream.intake.decoding.rejects import mended
from stream.messages.events import Event, Feedback, Interaction
from stream.messages.half_letters import without_halves
from stream.messages.outcomes import Reason, RecordError
from stream.messages.records import FileRecord, Stream

MAX_EVENT: Final = 1_000_000
"""Bytes; Kafka's own limit of a record, 1 MiB, less room for its key and framing."""

_DECODERS: Final[Mapping[Stream, Callable[[bytes], Event]]] = {
    Stream.FEEDBACK: msgspec.json.Decoder(Feedback).decode,
    Stream.INTERACTIONS: msgspec.json.Decoder(Interaction).decode,
}
_TOPICS: Final = {stream: stream.topic for stream in Stream}
_LEVELS: Final = ScaleLevels({})


class CheckedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event that is ready to be written: its JSON byte for byte.  A Struct, as batches have many."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


def checked(value: bytes) -> CheckedEvent:
    """The event that `value` is: one with an indicator is feedback, any other an interaction.

    Raises:
        RecordError: it is not sound.
    """
    if len(value) > MAX_EVENT:
        raise RecordError(Reason.TOO_LARGE, f"value: want at most {MAX_EVENT} bytes, got {len(value)}")
    if not value.isascii():
        _utf8(value)
    if len(value) > HARMLESS_BYTES:
        accept(refusal(value))
    stream = Stream.FEEDBACK if b'"indicator"' in value else Stream.INTERACTIONS
    try:
        event: Event = _DECODERS[stream](value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        stream = _stream(value)
        event = mended(FileRecord(0, value), stream)
    accept(refused_id(event.id) or refused_channel(event.channel) or refused_reference(event))
    _timely("at", event.at)
    if isinstance(event, Feedback):
        _on_scale(event)
        _timely("interaction_at", event.interaction_at)
    else:
        _timely("opened_at", event.opened_at)
    return CheckedEvent(_TOPICS[stream], (event.customer or event.id).encode(), value)


def _utf8(value: bytes) -> None:
    """The decoder does not look into names of fields that it does not know; other readers of the topic do."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise RecordError(Reason.BAD_ENCODING, f"value: want UTF-8, got byte {error.start} wrong") from None


def _stream(value: bytes) -> Stream:
    """By the fields themselves, for what the fast look cannot tell."""
    try:
        found = orjson.loads(without_halves(value.removeprefix(codecs.BOM_UTF8)))
    except orjson.JSONDecodeError:
        return Stream.INTERACTIONS
    return Stream.FEEDBACK if isinstance(found, dict) and "indicator" in found else Stream.INTERACTIONS


def _on_scale(event: Feedback) -> None:
    """Without a scale the rules file says which, and we do not have it: any of the indicator's will do."""
    indicator, score = event.indicator, event.score
    scales = SCALES_OF[indicator] if event.scale is None else (event.scale,)
    if any(_LEVELS.known((indicator, scale, score)) is not None for scale in scales):
        return
    for scale in scales[1:]:
        with suppress(RecordError):
            _LEVELS.cell(indicator, scale, score)
            return
    _LEVELS.cell(indicator, scales[0], score)


def _timely(name: str, time: str | float | None) -> None:
    if time is not None:
        accept(no_moment(name, read_time(time), time))
