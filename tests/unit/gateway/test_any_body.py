"""Any body: whatever a sender posts becomes events, dead letters or nothing, and never an error of ours."""

import copy
import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.gateway.sources import IGNORED, Source, receive
from stream.intake.decoding.vouching import Vouching
from stream.messages.outcomes import Reason
from stream.messages.records import Stream
from tests.hostile import Hostility
from tests.unit.gateway.test_kinds import source_of
from tests.webhooks import WEBHOOKS, Webhook

NOW_S = 1772443000.0
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        "",
        " ",
        "x" * 300,
        "x" * 600,
        "2100-01-01T00:00:00Z",
        [0] * 300,
        "http://[",
        "1e999",
        "-1",
        "NaN",
        10**400,
        -1,
        1e308,
        0.1,
        True,
        None,
        [],
        {},
        [[]],
        "\x1f",
        "{}",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text() | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SOURCES: dict[int, Source] = {
    number: source_of(webhook.kind, **webhook.settings) for number, webhook in enumerate(WEBHOOKS)
}


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, item in inner for place in places(item, (*at, key)))]


def changed(value: Any, at: tuple[Any, ...], other: Any) -> Any:
    """The value with another one at a place."""
    if not at:
        return other
    made = copy.deepcopy(value)
    inner = made
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = other
    return made


VOUCHING = Vouching()


def settled(source: Source, webhook: Webhook, body: bytes) -> None:
    """All that may become of a body."""
    found = receive(source, webhook.headers, body, NOW_S)
    assert found.events or found.refused or found.ignored or body.strip() in {b"[]", b'{"events":[]}'}
    assert set(found.ignored) <= set(IGNORED)
    for event in found.events:
        assert event.key
        fields = json.loads(event.value)  # of numbers and letters that other readers do not take, too
        stream = Stream.FEEDBACK if "indicator" in fields else Stream.INTERACTIONS
        assert event.topic == stream.topic
        wrong = VOUCHING.refused(stream, [event.value])
        assert not wrong or (fields.get("scale") is None and wrong[0].reason is Reason.SCORE_OFF_SCALE), wrong


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_to_be_written_is_no_dead_letter_of_a_worker(seed: int) -> None:
    """A sender that is told of 200 does not look again."""
    source = source_of("events")
    webhook = Webhook(kind="events", body=None, events=[])
    for record in Hostility(seed).records(1000):
        if record.value is not None:
            settled(source, webhook, record.value)


@pytest.mark.parametrize("number", range(len(WEBHOOKS)))
@given(data=st.data())
def test_examples_with_odd_values(number: int, data: st.DataObject) -> None:
    """One value of a vendor's message replaced by anything."""
    webhook = WEBHOOKS[number]
    at = data.draw(st.sampled_from(places(webhook.body)))
    try:
        body = orjson.dumps(changed(webhook.body, at, data.draw(VALUES)))
    except TypeError:  # a number that JSON of 64 bits does not have
        return
    settled(SOURCES[number], webhook, body)


@given(st.sampled_from(range(len(WEBHOOKS))), st.binary(max_size=60))
def test_bytes(number: int, body: bytes) -> None:
    """Anything at all."""
    settled(SOURCES[number], WEBHOOKS[number], body)


@given(st.sampled_from(range(len(WEBHOOKS))), st.integers(0, 200), st.integers(0, 255))
@example(28, 60, 128)
def test_examples_with_a_spoilt_byte(number: int, place: int, byte: int) -> None:
    """Cut short, or with one byte that is another."""
    raw = WEBHOOKS[number].raw
    place %= len(raw)
    for body in (raw[:place], raw[:place] + bytes([byte]) + raw[place + 1 :]):
        settled(SOURCES[number], WEBHOOKS[number], body)
