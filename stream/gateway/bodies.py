"""Bodies: what a request carries, unpacked within limits and split into the messages that are in it.

One body may hold one message (an object), several (an array, `{"events": […]}`, or a JSON object a
line), or CloudEvents in any of the three modes of their HTTP binding.
"""

import base64
import binascii
import codecs
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec
import orjson

from alerts.transitions import utc_text
from stream.kafka.codecs import GZIPPED, UnfoldError, unfold
from stream.messages.events import ID_CHARS
from stream.messages.half_letters import without_halves
from stream.messages.outcomes import Reason, RecordError

MAX_BODY: Final = 1 << 20
"""Largest body that is taken, packed or unpacked."""

MOST_MESSAGES: Final = 25_000
"""Messages of a body: those of our own form have 42 bytes at least.  Each that is refused becomes a dead
letter, so a body of half a million brackets would fill the topic, and the memory of whoever takes it."""

_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_RAW: Final = msgspec.json.Decoder(msgspec.Raw)


_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_WRAPPED: Final = "events"
_OF_ONE: Final = frozenset({"channel", "specversion"})
"""Members of an event of ours, and of a CloudEvent: theirs is another list that is called `events`."""


class BodyTooLarge(Exception):  # noqa: N818  # reads as what it says
    """More than `MAX_BODY`, as sent or once unpacked."""


class UnknownCoding(Exception):  # noqa: N818  # reads as what it says
    """A content coding that we do not unpack."""


def unpacked(body: bytes, coding: str) -> bytes:
    """The body as the sender wrote it; never more than `MAX_BODY` of it is made.

    Raises:
        BodyTooLarge: it unpacks to more.
        UnknownCoding: packed in another way than gzip or deflate.
        RecordError: it is not what its coding says.
    """
    if len(body) > MAX_BODY:
        raise BodyTooLarge
    match coding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzipped(body)
        case "deflate":
            return _inflated(body)
        case _:
            raise UnknownCoding(coding)


def _gunzipped(body: bytes) -> bytes:
    try:
        return unfold(GZIPPED, body, MAX_BODY)
    except UnfoldError as error:
        if len(error.head) > MAX_BODY:
            raise BodyTooLarge from None
        raise _not_as_coded() from None


def _inflated(body: bytes) -> bytes:
    has_head = len(body) > 1 and body[0] & 0xF == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0
    inflate = zlib.decompressobj(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)  # some leave it out
    try:
        text = inflate.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise _not_as_coded() from None
    if len(text) > MAX_BODY:
        raise BodyTooLarge
    if not inflate.eof or inflate.unused_data:
        raise _not_as_coded()
    return text


def _not_as_coded() -> RecordError:
    return RecordError(
        Reason.BAD_ENCODING, "body: want what its Content-Encoding says, all of it and no more"
    )


def messages(body: bytes, *, wrapped: bool = True) -> list[bytes]:
    """The JSON values of a body, byte for byte: of an array its items, of `{"events": […]}` those.

    Without `wrapped` such an object is a message like any other.

    Raises:
        RecordError: it is neither JSON nor a JSON value a line, or has too many values.
    """
    found = _values(body, wrapped=wrapped)
    if len(found) > MOST_MESSAGES:
        raise RecordError(Reason.TOO_LARGE, f"body: want at most {MOST_MESSAGES} messages, got {len(found)}")
    return found


def _values(body: bytes, *, wrapped: bool) -> list[bytes]:
    body = body.removeprefix(codecs.BOM_UTF8)  # which some senders cannot but write
    start = body.lstrip()[:1]
    try:
        if start == b"[":
            return [bytes(raw) for raw in _RAWS.decode(body)]
        if wrapped and start == b"{" and b'"events"' in body:
            inner = _events_of(body)
            if inner is not None:
                return inner
        if start == b"{" and b"\n" not in body.rstrip():
            return [body.strip()]  # one object; whether it is sound is seen when it is read
        return [bytes(_RAW.decode(body))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _lines(body, str(error))


def _events_of(body: bytes) -> list[bytes] | None:
    """The items of `events`; None where the object is a message of its own."""
    members = _MEMBERS.decode(body)
    inner = bytes(members.get(_WRAPPED, b""))
    if not inner.startswith(b"[") or not _OF_ONE.isdisjoint(members):
        return None
    found = [bytes(raw) for raw in _RAWS.decode(inner)]
    return found if found or len(members) == 1 else None


def _lines(body: bytes, why: str) -> list[bytes]:
    lines = [line for line in (raw.strip() for raw in body.split(b"\n")) if line]
    if len(lines) < 2 or not all(line[:1] == b"{" for line in lines):
        found = next((f"got {what}" for look, what in _OTHERS if look.match(body)), f"but {why}")
        raise RecordError(Reason.NOT_JSON, f"body: want JSON, {found}")
    return lines


_OTHERS: Final = (
    (re.compile(rb"[A-Za-z0-9_.%+\[\]-]{1,200}="), "a form: let the sender write JSON"),
    (re.compile(rb"\s*<"), "XML or HTML: let the sender write JSON"),
    (re.compile(rb"\xff\xfe|\xfe\xff|.\0|\0."), "UTF-16: let the sender write UTF-8"),
    (re.compile(rb"\x1f\x8b"), "gzip without a Content-Encoding that says so"),
)
"""What is no JSON, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Split:
    """The messages of a body, byte for byte, and what takes our own event out of its envelope, if any."""

    messages: Sequence[bytes]
    opened: Callable[[bytes], bytes] = bytes


def cloud_events(body: bytes, headers: Mapping[str, str], arrived_s: float) -> Split | None:
    """CloudEvents in any mode, which `opened` gives the envelope's id and time; None if there are none.

    The id of an event is that of its data, else its source and id, which together are unique.  Where
    neither data nor envelope has a time it is when the request arrived (Unix time).  `opened` raises a
    RecordError of an envelope that is not as the specification has it: the others are none the worse.

    Raises:
        RecordError: the body is not in JSON, or has too many events.
    """
    kind = headers.get("Content-Type", "").strip().lower()
    if kind.startswith("application/cloudevents"):
        if not kind.split(";")[0].strip().endswith("json"):
            raise RecordError(Reason.NOT_JSON, "body: want CloudEvents in JSON, got another format")
        return enveloped(body, arrived_s)
    if "ce-specversion" not in headers and "ce-id" not in headers:
        return None
    return Split([body], lambda item: _event(_attributes(headers), _object(item, "body"), arrived_s))


def enveloped(body: bytes, arrived_s: float) -> Split:
    """The CloudEvents of a body that has them whole.

    Raises:
        RecordError: the body is not in JSON, or has too many events.
    """
    return Split(messages(body), lambda item: _structured(item, arrived_s))


def _attributes(headers: Mapping[str, str]) -> Mapping[str, Any]:
    """What of an envelope is in headers, which are percent-encoded."""
    names = ("specversion", "id", "source", "type", "time")
    return {name: _header_text(headers[f"ce-{name}"]) for name in names if f"ce-{name}" in headers}


def _structured(item: bytes, arrived_s: float) -> bytes:
    envelope = _object(item, "CloudEvent")
    data = envelope.get("data")
    packed = envelope.get("data_base64")
    if data is None and isinstance(packed, str):
        try:
            data = _object(base64.b64decode(packed, validate=True), "data_base64")
        except binascii.Error:
            raise RecordError(Reason.BAD_VALUE, "data_base64: want base64, got something else") from None
    if isinstance(data, str):
        data = _object(data.encode(), "data")
    if not isinstance(data, dict):
        raise RecordError(Reason.NOT_OBJECT, "data: want a JSON object, got something else")
    return _event(envelope, data, arrived_s)


def _event(envelope: Mapping[str, Any], data: dict[str, Any], arrived_s: float) -> bytes:
    for name in ("id", "source", "type", "specversion"):
        if not isinstance(envelope.get(name), str) or not envelope[name]:
            raise RecordError(Reason.MISSING_FIELD, f"ce {name}: want a text, got none")
    if data.get("id") is None:
        data["id"] = short_id(f"{envelope['source']}/{envelope['id']}")
    if data.get("at") is None:
        data["at"] = envelope.get("time") or utc_text(round(arrived_s * 1000))
    return encoded(data)


def encoded(value: Mapping[str, Any]) -> bytes:
    """The value as JSON.

    Raises:
        RecordError: a text of it is of a header whose bytes are no text.
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise RecordError(Reason.BAD_ENCODING, "headers: want UTF-8, got other bytes") from None


def short_id(text: str) -> str:
    """The text, or a hash of it where it is too long for an id."""
    return text if len(text) <= ID_CHARS else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _header_text(value: str) -> str:
    """Values of `ce-` headers are percent-encoded; one pair of quotes around them is not theirs."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    try:
        return unquote_to_bytes(value.encode("utf-8", "surrogateescape")).decode()
    except UnicodeDecodeError:
        raise RecordError(Reason.BAD_ENCODING, "ce- header: want percent-encoded UTF-8") from None


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        found = orjson.loads(without_halves(text.removeprefix(codecs.BOM_UTF8)))
    except orjson.JSONDecodeError as error:
        raise RecordError(Reason.NOT_JSON, f"{what}: want JSON, but {error.msg}") from None
    if not isinstance(found, dict):
        raise RecordError(Reason.NOT_OBJECT, f"{what}: want a JSON object, got something else")
    return found
