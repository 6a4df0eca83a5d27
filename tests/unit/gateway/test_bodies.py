"""Bodies: one message or several, packed or not, CloudEvents in three modes."""

import base64
import gzip
import zlib
from functools import partial

import orjson
import pytest

from stream.gateway.bodies import (
    MAX_BODY,
    MOST_MESSAGES,
    BodyTooLarge,
    UnknownCoding,
    cloud_events,
    messages,
    short_id,
    unpacked,
)
from stream.messages.outcomes import Reason, RecordError

ARRIVED = "2026-03-02T09:15:00Z"
ARRIVED_S = 1772442900.0


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b' {"a": 1} ', [b'{"a": 1}']),
        (b'[{"a":1}, {"b":[2]}]', [b'{"a":1}', b'{"b":[2]}']),
        (b'{"events": [{"a":1},{"b":2}]}', [b'{"a":1}', b'{"b":2}']),
        (b'{"events": "none", "a": 1}', [b'{"events": "none", "a": 1}']),
        (b'{"x": {"events": [1]}}', [b'{"x": {"events": [1]}}']),
        (b'{"a":1}\n{"b":2}\r\n\n', [b'{"a":1}', b'{"b":2}']),
        (b"[]", []),
        (b"7", [b"7"]),
    ],
)
def test_a_body_is_split(body: bytes, found: list[bytes]) -> None:
    """Byte for byte, as dead letters want them."""
    assert messages(body) == found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": "x\ny"}', Reason.NOT_JSON),
        (b"Topic=acme&Status=Complete", Reason.NOT_JSON),
        (b'{"a":1}\nnothing', Reason.NOT_JSON),
        (b"[" * 100_000, Reason.NOT_JSON),
    ],
)
def test_what_cannot_be_split_has_a_reason(body: bytes, reason: Reason) -> None:
    """A placeholder with a line break in it, a form, half a line."""
    with pytest.raises(RecordError) as caught:
        messages(body)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", partial(zlib.compress, wbits=-15)),  # as some senders understand the name
        (" GZIP ", gzip.compress),
    ],
)
def test_packed_bodies_are_unpacked(coding: str, pack: object) -> None:
    """In the codings that senders use."""
    assert callable(pack)
    assert unpacked(pack(b'{"a":1}'), coding) == b'{"a":1}'


@pytest.mark.parametrize(
    ("head", "item", "tail"),
    [(b"[", b"1,", b"1]"), (b'{"events":[', b"[],", b"1]}"), (b"{}\n", b"{}\n", b"")],
)
def test_a_body_has_a_bounded_number_of_messages(head: bytes, item: bytes, tail: bytes) -> None:
    """Half a million brackets are one refusal, not as many; the most that are sound fit."""
    with pytest.raises(RecordError, match=f"want at most {MOST_MESSAGES} messages, got ") as refused:
        messages(head + item * MOST_MESSAGES + tail)
    assert refused.value.reason is Reason.TOO_LARGE
    assert len(messages(head + item * (MOST_MESSAGES - 1) + tail)) == MOST_MESSAGES
    assert MOST_MESSAGES * len(b'{"id":"1","at":5000000000,"channel":"web"}') > MAX_BODY


def test_unpacking_is_bounded() -> None:
    """A bomb of 100 MiB is found out after the first MiB of it."""
    bomb = gzip.compress(bytes(100 * MAX_BODY))
    assert len(bomb) < MAX_BODY
    with pytest.raises(BodyTooLarge):
        unpacked(bomb, "gzip")
    assert len(unpacked(gzip.compress(bytes(MAX_BODY)), "gzip")) == MAX_BODY


def test_several_packed_pieces_after_each_other_are_one_body() -> None:
    """As some log shippers send them: all of it counts, and the limit is for all of it together."""
    assert unpacked(gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"a":2}'), "gzip") == b'{"a":1}\n{"a":2}'
    half = gzip.compress(bytes(MAX_BODY // 2 + 1))
    with pytest.raises(BodyTooLarge):
        unpacked(half + half, "gzip")
    with pytest.raises(RecordError):
        unpacked(zlib.compress(b"{}") + zlib.compress(b"{}"), "deflate")


def test_what_cannot_be_unpacked_is_told() -> None:
    """Another coding, other bytes, half of them."""
    with pytest.raises(UnknownCoding):
        unpacked(b"", "br")
    for body in (b"nothing", gzip.compress(b"x" * 1000)[:-12]):
        with pytest.raises(RecordError):
            unpacked(body, "gzip")


DATA = {"channel": "web", "indicator": "csat", "score": 4}


def event(body: bytes, headers: dict[str, str]) -> dict[str, object]:
    """The only event of a request."""
    (made,) = opened(body, headers)
    return made


def opened(body: bytes, headers: dict[str, str]) -> list[dict[str, object]]:
    """The events of a request's CloudEvents."""
    split = cloud_events(body, headers, ARRIVED_S)
    assert split is not None
    return [orjson.loads(split.opened(message)) for message in split.messages]


STRUCTURED = {"specversion": "1.0", "id": "a-1", "source": "/crm/eu", "type": "x"}


@pytest.mark.parametrize(
    "content",
    [
        {"data": DATA},
        {"data_base64": base64.b64encode(orjson.dumps(DATA)).decode()},
        {"data": orjson.dumps(DATA).decode()},
    ],
)
def test_structured_cloud_events(content: dict[str, object]) -> None:
    """Id is source and id, time the envelope's or when it arrived."""
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    made = event(orjson.dumps({**STRUCTURED, **content}), headers)
    assert made == {**DATA, "id": "/crm/eu/a-1", "at": ARRIVED}
    timed = event(orjson.dumps({**STRUCTURED, **content, "time": "2026-03-01T00:00:00Z"}), headers)
    assert timed["at"] == "2026-03-01T00:00:00Z"


def test_binary_cloud_events() -> None:
    """Attributes are percent-encoded headers; what the data says itself wins."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "a%201",
        "ce-source": "/%C3%A9t%C3%A9",
        "ce-type": "x",
        "ce-time": "2026-03-01T00:00:00Z",
    }
    assert event(orjson.dumps(DATA), headers) == {
        **DATA,
        "id": "/été/a 1",
        "at": "2026-03-01T00:00:00Z",
    }
    assert event(orjson.dumps({**DATA, "id": "own", "at": 5}), headers) == {**DATA, "id": "own", "at": 5}


def test_batches_of_cloud_events() -> None:
    """An array of structured ones."""
    batch = orjson.dumps([{**STRUCTURED, "data": DATA}, {**STRUCTURED, "id": "a-2", "data": DATA}])
    found = opened(batch, {"Content-Type": "application/cloudevents-batch+json"})
    assert [each["id"] for each in found] == ["/crm/eu/a-1", "/crm/eu/a-2"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{}", {"Content-Type": "application/cloudevents+avro"}),
        (b'{"id": "1"}', {"Content-Type": "application/cloudevents+json"}),
        (orjson.dumps({**STRUCTURED, "data": 5}), {"Content-Type": "application/cloudevents+json"}),
        (orjson.dumps({**STRUCTURED, "data_base64": "?"}), {"Content-Type": "application/cloudevents+json"}),
        (b"{}", {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "x"}),
        (b"{}", {"ce-specversion": "1.0", "ce-id": "%FF", "ce-type": "x", "ce-source": "s"}),
        (b"[]", {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "x", "ce-source": "s"}),
    ],
)
def test_broken_envelopes_are_refused(body: bytes, headers: dict[str, str]) -> None:
    """Another format, no source, data that is no object, bytes that are no UTF-8."""
    with pytest.raises(RecordError):
        opened(body, headers)


def test_other_bodies_are_no_cloud_events() -> None:
    """They have neither the content type nor the headers."""
    assert cloud_events(b"{}", {"Content-Type": "application/json"}, ARRIVED_S) is None


def test_long_ids_are_hashed() -> None:
    """An event's id has 128 characters at most, a URI may have more."""
    assert short_id("a" * 128) == "a" * 128
    assert len(short_id("a" * 129)) == 71
