"""Dead letters read back."""

from dataclasses import dataclass, replace

import pytest

from stream.kafka.dead_letters import letter
from stream.kafka.letters import Letter, LetterChoice, as_object, read
from stream.kafka.offsets import TP
from stream.messages.outcomes import Reason, Reject


@dataclass
class Sent:
    """An aiokafka ConsumerRecord, as far as it is looked at."""

    topic: str = "cx.feedback"
    partition: int = 3
    offset: int = 42
    timestamp: int = 1_700_000_000_000
    key: bytes | None = b"k"
    value: bytes | None = b"\xff{"
    headers: tuple[tuple[str, bytes], ...] = (("ce_id", b"1"), ("tocsin-topic", b"theirs"))


def _back(sent: Sent) -> Letter | None:
    """What is read of the dead letter that a worker makes of a record."""
    out = letter(TP(sent.topic, sent.partition), sent, Reject(sent.offset, Reason.NOT_JSON, "at byte 1"))
    return read(Sent("cx.dead-letters", 0, 0, 1_700_000_001_000, out.key, out.value, tuple(out.headers)))


def test_a_record_comes_back_byte_for_byte() -> None:
    """Key, value and headers as they were, a header with a name like ours included."""
    assert _back(Sent()) == Letter(
        topic="cx.feedback",
        partition=3,
        offset=42,
        reason="not_json",
        detail="at byte 1",
        at_ms=1_700_000_001_000,
        key=b"k",
        value=b"\xff{",
        headers=(("ce_id", b"1"), ("tocsin-topic", b"theirs")),
    )


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("tocsin-topic", b"cx.feedback"),),
        tuple((name, b"x") for name in ("tocsin-topic", "tocsin-partition", "tocsin-offset", "a", "b")),
        (
            ("tocsin-topic", b"secrets"),
            ("tocsin-partition", b"0"),
            ("tocsin-offset", b"0"),
            ("tocsin-reason", b"not_json"),
            ("tocsin-detail", b""),
        ),
        (
            ("tocsin-topic", b"cx.feedback"),
            ("tocsin-partition", b"-1"),
            ("tocsin-offset", b"0"),
            ("tocsin-reason", b"not_json"),
            ("tocsin-detail", b""),
        ),
    ],
)
def test_what_is_no_letter_of_ours_is_passed_over(headers: tuple[tuple[str, bytes], ...]) -> None:
    """Nobody can have a record sent to a topic that is no input."""
    assert read(Sent(headers=headers)) is None


@pytest.mark.parametrize(
    ("choice", "holds"),
    [
        (LetterChoice(), True),
        (LetterChoice("cx.feedback", "not_json", 1_700_000_001_000), True),
        (LetterChoice("cx.interactions"), False),
        (LetterChoice(reason="future"), False),
        (LetterChoice(since_ms=1_700_000_001_001), False),
    ],
)
def test_letters_are_chosen_by_topic_reason_and_time(choice: LetterChoice, *, holds: bool) -> None:
    """All that is given must fit."""
    found = _back(Sent())
    assert found is not None
    assert choice.holds(found) is holds


@pytest.mark.parametrize(
    ("at_ms", "shown"),
    [
        (-1, "1969-12-31T23:59:59.999Z"),
        (-(2**63), "0001-01-01T00:00:00Z"),
        (2**63 - 1, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_any_timestamp_of_a_letter_can_be_shown(at_ms: int, shown: str) -> None:
    """Brokers take any in the past, and one such letter would hide all others."""
    found = _back(Sent())
    assert found is not None
    assert as_object(replace(found, at_ms=at_ms))["at"] == shown


def test_bytes_are_shown_as_text_or_base64() -> None:
    """JSON has no bytes: text where it is UTF-8, base64 under another name where it is not."""
    found = _back(Sent(key=None))
    assert found is not None
    shown = as_object(found)
    assert (shown["key"], shown["value_base64"]) == (None, "/3s=")
    assert shown["headers"] == [{"name": "ce_id", "value": "1"}, {"name": "tocsin-topic", "value": "theirs"}]
    assert shown["at"] == "2023-11-14T22:13:21Z"
