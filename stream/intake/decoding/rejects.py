"""Why a record is refused: the slow, exact look at what the fast decoder would not take.

It also mends what is allowed but rare: attributes that arrive as CloudEvents headers (`ce_id`, `ce_time`),
a yes or no that is sent as a JSON boolean, a byte order mark, and texts that were cut within a letter.
"""

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from sys import float_info
from typing import Any, Final

import msgspec

from stream.intake.decoding.envelopes import elsewhere
from stream.intake.decoding.limits import accept, refusal, refused_channel, refused_id, refused_reference
from stream.messages.events import EVENTS, ID_CHARS, INDICATORS, OUTCOMES, Event, Feedback, Interaction
from stream.messages.half_letters import without_halves
from stream.messages.outcomes import Reason, RecordError
from stream.messages.records import REGISTRY_BYTES, Record, Stream

SHOWN: Final = re.compile(r"[a-z]+(?:_[a-z]+){0,2}", re.IGNORECASE | re.ASCII)
SHOWN_CHARS: Final = 20
"""What a mistyped keyword looks like, and is quoted; any other text may be a customer's."""

OUT_OF_RANGE: Final = "Number out of range"
"""What msgspec says of a number that is JSON, and more than a computer's numbers hold."""

LARGEST: Final = float_info.max

_HEADERS: Final = {"ce_id": "id", "ce_time": "at"}
_TEXTS: Final = ("case", "topic", "stage", "segment", "team", "product", "country", "variant")
_STRUCTS: Final[Mapping[Stream, type[Event]]] = {
    Stream.INTERACTIONS: Interaction,
    Stream.FEEDBACK: Feedback,
}

Fields = Mapping[str, Any]
Check = Callable[[Fields, str], None]


def mended(record: Record, stream: Stream) -> Event:
    """The event after all, where headers fill what is missing.

    Raises:
        RecordError: there is no event in the record; says why.
    """
    return mended_of(record, stream, None if record.value is None else refusal(record.value))


def mended_of(record: Record, stream: Stream, broken: RecordError | None) -> Event:
    """As `mended`, of a record whose limits were looked at: `broken` is what `refusal` says of its value.

    Raises:
        RecordError: there is no event in the record; says why.
    """
    fields = _parsed(record.value, broken)
    _fill(fields, record.headers)
    for name, check in _CHECKS[stream]:
        check(fields, name)
    if isinstance(fields.get("score"), bool):
        fields["score"] = _of_boolean(fields)
    try:
        event: Event = msgspec.convert(fields, _STRUCTS[stream])
    except msgspec.ValidationError as error:  # which no check foresaw
        raise RecordError(Reason.BAD_TYPE, str(error)) from None
    too_long = refused_reference(event)
    if too_long is not None:
        raise RecordError(too_long.reason, too_long.detail)  # as in `_parsed`
    return event


def _parsed(value: bytes | None, broken: RecordError | None) -> dict[str, Any]:
    if value is None:
        raise RecordError(Reason.NULL_VALUE, "value: want a JSON object, got a null value")
    if broken is not None and broken.reason is Reason.TOO_LARGE:
        raise RecordError(broken.reason, broken.detail)  # one that is kept would keep frames, and all records
    value = _without_schema(value).removeprefix(codecs.BOM_UTF8)  # which some senders cannot but write
    _utf8(value, "value")
    if broken is not None:
        raise RecordError(broken.reason, broken.detail)
    try:
        found = msgspec.json.decode(without_halves(value))
    except (msgspec.DecodeError, RecursionError) as error:
        if str(error).startswith(OUT_OF_RANGE):
            raise _too_large("value") from None
        raise RecordError(Reason.NOT_JSON, f"value: want JSON, but {error}") from None
    if not isinstance(found, dict):
        raise RecordError(Reason.NOT_OBJECT, f"value: want a JSON object, got {_kind(found)}")
    return found


def _utf8(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise RecordError(Reason.BAD_ENCODING, f"{what}: want UTF-8, got byte {error.start} wrong") from None


def _without_schema(value: bytes) -> bytes:
    """The JSON behind the zero byte and schema number that serializers of a Schema Registry put before it.

    Raises:
        RecordError: what follows is not JSON but Avro or Protobuf.
    """
    if not value.startswith(b"\0"):
        return value
    if value[REGISTRY_BYTES:].lstrip().startswith(b"{"):
        return value[REGISTRY_BYTES:]
    want = "want JSON, got what looks like Confluent's wire format (a zero byte and the number of a schema)"
    raise RecordError(Reason.NOT_JSON, f"value: {want}: let the producer write JSON, or its JSON serializer")


def _fill(fields: dict[str, Any], headers: Sequence[tuple[str, bytes]]) -> None:
    """Take id and time from CloudEvents headers where the object has none.

    Raises:
        RecordError: one is no text; ids that are told apart by such bytes alone would be one.
    """
    for header, content in headers:
        name = _HEADERS.get(header)
        if name is not None and fields.get(name) is None and content is not None:
            fields[name] = _utf8(content, header)


def _kind(value: object) -> str:
    """The JSON name of a value's type."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _require(fields: Fields, name: str) -> None:
    if fields.get(name) is None:
        found = "null" if name in fields else "nothing"
        raise RecordError(Reason.MISSING_FIELD, f"{name}: want a value, got {found}{elsewhere(fields, name)}")


def _too_large(name: str) -> RecordError:
    return RecordError(Reason.BAD_VALUE, f"{name}: want numbers up to {LARGEST:.1e}, got a larger one")


def _finite(fields: Fields, name: str) -> None:
    value = fields.get(name)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _too_large(name)


def _bad_type(name: str, wanted: str, found: object) -> RecordError:
    return RecordError(Reason.BAD_TYPE, f"{name}: want {wanted}, got {_kind(found)}")


def _text(fields: Fields, name: str) -> None:
    if not isinstance(fields.get(name), str | None):
        raise _bad_type(name, "a string", fields[name])


def _channel(fields: Fields, name: str) -> None:
    _require(fields, name)
    _text(fields, name)
    accept(refused_channel(fields[name]))


def _id(fields: Fields, name: str) -> None:
    _require(fields, name)
    _text(fields, name)
    length = len(fields[name])
    if length > ID_CHARS:
        raise RecordError(Reason.ID_TOO_LONG, f"{name}: want 1 to {ID_CHARS} characters, got {length}")
    accept(refused_id(fields[name]))


def _time(fields: Fields, name: str) -> None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise _bad_type(name, "RFC 3339 text or Unix seconds", value)
    _finite(fields, name)


def _at(fields: Fields, name: str) -> None:
    _require(fields, name)
    _time(fields, name)


def _number(fields: Fields, name: str) -> None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise _bad_type(name, "a number", value)
    _finite(fields, name)


def _amount(fields: Fields, name: str) -> None:
    _number(fields, name)
    if (fields.get(name) or 0) < 0:
        raise RecordError(Reason.BAD_VALUE, f"{name}: want 0 or more, got a negative number")


def _boolean(fields: Fields, name: str) -> None:
    if not isinstance(fields.get(name), bool | None):
        raise _bad_type(name, "true or false", fields[name])


def _score(fields: Fields, name: str) -> None:
    _require(fields, name)
    if not isinstance(fields[name], str | int | float):
        raise _bad_type(name, "a number or an answer's text", fields[name])
    _finite(fields, name)


def _one_of(choices: tuple[str, ...], reason: Reason = Reason.BAD_VALUE) -> Check:
    def check(fields: Fields, name: str) -> None:
        _text(fields, name)
        value = fields.get(name)
        if value is not None and value not in choices:
            raise RecordError(reason, f"{name}: want one of {', '.join(choices)}, got {_shown(value)}")

    return check


def _shown(text: str) -> str:
    """A text that may be a mistyped keyword, quoted; of any other, such as an address, its length."""
    if len(text) <= SHOWN_CHARS and SHOWN.fullmatch(text):
        return f'"{text}"'
    return f"a text of {len(text)} characters"


def _indicator(fields: Fields, name: str) -> None:
    _require(fields, name)
    _one_of(INDICATORS, Reason.UNKNOWN_INDICATOR)(fields, name)


def _of_boolean(fields: Fields) -> str:
    """The answer in words, so that only a yes-no scale takes it."""
    return "yes" if fields["score"] else "no"


_COMMON: Final[tuple[tuple[str, Check], ...]] = (
    ("id", _id),
    ("at", _at),
    ("channel", _channel),
    ("customer", _text),
    *((name, _text) for name in _TEXTS),
)
_CHECKS: Final[Mapping[Stream, tuple[tuple[str, Check], ...]]] = {
    Stream.INTERACTIONS: (
        *_COMMON,
        ("event", _one_of(EVENTS)),
        ("outcome", _one_of(OUTCOMES)),
        ("opened_at", _time),
        ("wait_s", _amount),
        ("handle_s", _amount),
        ("within_target", _boolean),
    ),
    Stream.FEEDBACK: (
        *_COMMON,
        ("indicator", _indicator),
        ("score", _score),
        ("scale", _text),
        ("interaction", _text),
        ("interaction_at", _time),
        ("comment", _text),
        ("lang", _text),
        ("reach", _number),
        ("consent", _boolean),
    ),
}
