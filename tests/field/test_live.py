"""Records that come as others send them, each with what must be said of it."""

from typing import Literal
from unicodedata import normalize

import orjson
import pytest

from tests.field.test_logs import RULES, Desk, desk

__all__ = ["desk"]

EVENT = {"id": "a1", "at": "2026-03-02T09:00:00Z", "channel": "web", "indicator": "csat", "score": 5}
CLOUD = {"specversion": "1.0", "id": "x", "source": "shop", "type": "answer", "data": EVENT}
OTHERS = {name: value for name, value in EVENT.items() if name != "at"}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"schema": {"type": "struct"}, "payload": EVENT}, "value.converter.schemas.enable=false"),
        ({"schema": {}, "payload": {"before": None, "after": EVENT, "op": "c"}}, "ExtractNewRecordState"),
        ({"before": None, "after": EVENT, "op": "c"}, "an envelope of Debezium"),
        (CLOUD, "a CloudEvent in structured mode"),
        ({"action": "closed", "data": EVENT}, "in `data` is perhaps the event: send it alone"),
        ({"Id": "a1", **{name: value for name, value in EVENT.items() if name != "id"}}, 'is it "Id"?'),
        ({**OTHERS, "timestamp": "2026-03-02T09:00:00Z"}, 'is it "timestamp"? want it under the name "at"'),
        ({**OTHERS, "created_at": 1772442000}, 'is it "created_at"?'),
    ],
)
def test_an_event_that_is_elsewhere_is_told(desk: Desk, record: dict[str, object], said: str) -> None:
    """In an envelope, or under another name: with what to do."""
    report = desk.reported(RULES, orjson.dumps(record) + b"\n" + orjson.dumps(EVENT))
    assert "1 × missing_field" in report
    assert said in report


def test_names_that_are_not_known_are_not_shown(desk: Desk) -> None:
    """They may be a customer's."""
    record = {**OTHERS, "anna@example.com": "2026-03-02T09:00:00Z"}
    report = desk.reported(RULES, orjson.dumps(record) + b"\n" + orjson.dumps(EVENT))
    assert "at: want a value, got nothing\n" in report
    assert "anna" not in report


FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
CODED = """
rules:
  - {name: low, indicator: csat, by: [topic], where: {topic: [R\u00e9clamation]}, window: 1h, warning: 50}
"""


def test_values_that_look_the_same_are_one(desk: Desk) -> None:
    """Macs code accents apart: a topic was two, and a rule that names it otherwise saw none of them."""
    events = [{**EVENT, "id": form, "topic": normalize(form, "R\u00e9clamation")} for form in FORMS]
    report = desk.reported(CODED, b"\n".join(map(orjson.dumps, events)))
    assert "topic R\u00e9clamation" in report
    assert "(2)" in report
