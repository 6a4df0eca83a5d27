"""Letters of the gateway: what a message that was refused becomes once its source is mended."""

from typing import Any

import orjson

from stream.gateway.letters import mapped_by
from stream.gateway.sources import Source
from stream.kafka.letters import Letter
from tests.unit.gateway.test_kinds import NOW_S, source_of
from tests.webhooks import delighted


def letter(body: Any, source: str = "s") -> Letter:
    """A letter of a source, with a message."""
    return Letter(
        topic="", partition=-1, offset=-1, reason="unmappable", detail="", at_ms=round(NOW_S * 1000),
        key=source.encode(), value=orjson.dumps(body), headers=(), source=source,
    )  # fmt: skip


def made(source: Source, body: Any, name: str = "s") -> list[dict[str, Any]]:
    """The events that come of a letter."""
    return [orjson.loads(each.value or b"") for each in mapped_by({"s": source}, letter(body, name))]


def test_a_message_is_mapped_as_its_source_is_by_now() -> None:
    """A survey that nobody had named: its answers are there again once it is."""
    body = delighted("ces7", 7)
    assert made(source_of("delighted"), body) == []
    mended = source_of("delighted", surveys={"ces7": {"indicator": "ces", "scale": "1-7"}})
    (event,) = made(mended, body)
    assert (event["indicator"], event["score"], event["scale"]) == ("ces", 7, "1-7")
    (record,) = mapped_by({"s": mended}, letter(body))
    assert (record.topic, record.key) == ("cx.feedback", event["customer"].encode())
    assert made(mended, body, "gone") == []


def test_all_of_a_message_is_mapped_or_nothing() -> None:
    """What is sent once is not looked at again."""
    assert made(source_of("delighted"), {"events": [delighted("nps", 9), delighted("ces7", 7)]}) == []


def test_a_cloud_event_is_known_without_its_headers() -> None:
    """And without a time of its own it happened when it came."""
    body = {"specversion": "1.0", "id": "a-1", "source": "/crm", "type": "x", "data": {"channel": "web"}}
    for kind in ("events", "cloudevents"):
        assert made(source_of(kind), body) == [
            {"channel": "web", "id": "/crm/a-1", "at": "2026-03-02T09:16:40Z"}
        ]
