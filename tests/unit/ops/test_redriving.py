"""What a record that is sent again carries, and which letters have none to send."""

import pytest

from stream.kafka.letters import Letter
from stream.kafka.outbox import Outgoing
from stream.ops.redriving import LETTER_HEADER, ORIGIN_HEADER, KeptLetter, descended, to_send


def letter(**changed: object) -> Letter:
    """A letter of a record with a header of its own."""
    known: dict[str, object] = {
        "topic": "cx.feedback", "partition": 2, "offset": 17, "reason": "not_json", "detail": "", "at_ms": 5,
        "key": b"k", "value": b"v", "headers": (("x", b"y"),),
    }  # fmt: skip
    return Letter(**{**known, **changed})  # type: ignore[arg-type]


def test_descent() -> None:
    """The first place stays however often it is sent; the letter is the last one; others keep their order."""
    first = descended(letter(), (0, 4, 5))
    assert first == [("x", b"y"), (ORIGIN_HEADER, b"cx.feedback/2@17"), (LETTER_HEADER, b"0@4")]
    second = descended(letter(headers=tuple(first), offset=99), (1, 8, 6))
    assert second == [("x", b"y"), (ORIGIN_HEADER, b"cx.feedback/2@17"), (LETTER_HEADER, b"1@8")]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"source": "zendesk"}, KeptLetter.OF_GATEWAY),
        ({"key": None, "value": None}, KeptLetter.NO_RECORD),
        ({"topic": "cx.tallies"}, KeptLetter.INTERNAL),
        ({"form": "cut; value bytes=9"}, KeptLetter.CUT),
    ],
)
def test_what_has_nothing_to_send(changed: dict[str, object], why: KeptLetter) -> None:
    """Messages of the gateway, nothing at all, what workers tell each other, and beginnings."""
    assert to_send(letter(**changed)) is why


def test_what_is_sent() -> None:
    """The record as it was, where it was if no key says where; or what a message becomes by now."""
    assert to_send(letter()) == [Outgoing("cx.feedback", b"v", b"k")]
    assert to_send(letter(key=None)) == [Outgoing("cx.feedback", b"v", None, 2)]
    made = [Outgoing("cx.feedback", b"{}", b"c")]
    assert to_send(letter(source="zendesk"), lambda _: made) == made
    assert to_send(letter(source="zendesk"), lambda _: []) is KeptLetter.NO_EVENT
