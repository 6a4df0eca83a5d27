"""Dead letters: what is written of a record, and that reading it back gives the record."""

from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.dead_letters import FORM_HEADER, HEAD_BYTES, HEADERS, LETTER_BYTES, letter
from stream.kafka.letters import read
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.messages.outcomes import Reason, Reject
from stream.messages.records import FileRecord

PLACE = TP("cx.feedback", 3)
REJECT = Reject(7, Reason.NOT_JSON, "value: want JSON, but")
Headers = list[tuple[str, bytes]]


def written(value: bytes | None, key: bytes | None = None, headers: Headers | None = None) -> Outgoing:
    """The letter of a record."""
    return letter(PLACE, FileRecord(7, value, 5, key, headers or []), REJECT)


class AsRead:
    """A message as a consumer has it."""

    def __init__(self, message: Outgoing) -> None:
        self.key, self.value, self.headers = message.key, message.value, tuple(message.headers)
        self.timestamp = 5


def read_back(message: Outgoing) -> Any:
    """The letter in a message."""
    found = read(AsRead(message))
    assert found is not None
    return found


names = st.sampled_from(["ce_id", "x", "", FORM_HEADER, *HEADERS])
bodies = st.none() | st.binary(max_size=20)


@given(bodies, bodies, st.lists(st.tuples(names, st.binary(max_size=9)), max_size=9))
def test_a_letter_has_the_record_byte_for_byte(
    value: bytes | None, key: bytes | None, headers: Headers
) -> None:
    """Null is not empty, and headers with our names are the record's own."""
    message = written(value, key, headers)
    assert message.key is not None or message.value is not None  # clients refuse to send neither
    found = read_back(message)
    assert (found.key, found.value, found.headers) == (key, value, tuple(headers))
    assert (found.topic, found.partition, found.offset) == (*PLACE, 7)
    assert (found.reason, found.detail, found.is_whole) == ("not_json", REJECT.detail, True)


def test_as_a_rule_a_letter_has_no_headers_but_five() -> None:
    """How it is written is only said where it is out of the ordinary."""
    assert [name for name, _ in written(b"x", None, [("a", b"b")]).headers] == ["a", *HEADERS]


def test_what_is_too_large_is_told_by_its_beginning_length_and_hash() -> None:
    """So that it can be found, and be told from others, where it lies."""
    value = b"a" * (LETTER_BYTES + 1)
    message = written(value, b"key", [("h", b"1")])
    found = read_back(message)
    assert (found.key, found.value, found.headers) == (b"key", value[:HEAD_BYTES], (("h", b"1"),))
    assert found.form == f"cut; value bytes={len(value)} sha256={sha256(value).hexdigest()}"
    assert not found.is_whole


def test_keys_and_headers_that_are_too_large_are_cut_too() -> None:
    """All three count."""
    message = written(b"v", b"k" * 10**6, [("h", b"x" * LETTER_BYTES)])
    found = read_back(message)
    assert len(message.value or b"") + len(message.key or b"") < 10_000
    assert "key bytes=1000000 " in found.form
    assert found.headers == ()


def test_headers_without_name_and_content_count_as_well() -> None:
    """Each has two lengths on the wire: a million of them are more than a message may have."""
    found = read_back(written(b"v", b"k", [("", b"")] * 10**6))
    assert found.headers == ()
    assert "headers bytes=" in found.form


def test_a_broker_that_takes_less_gets_less() -> None:
    """The limit is the topic's own."""
    record = FileRecord(7, b"v" * 60_000, 5, b"k")
    whole, cut = letter(PLACE, record, REJECT, 100_000), letter(PLACE, record, REJECT, 50_000)
    assert (len(whole.value or b""), len(cut.value or b"")) == (60_000, 25_000)


def test_a_forged_letter_is_none() -> None:
    """Places that are no numbers, or far too large, are not read."""
    for place in (b"\xc2\xb2", b"9" * 5000, b"-1", b""):
        message = written(b"v")
        forged = [(name, place if "offset" in name else text) for name, text in message.headers]
        assert read(AsRead(Outgoing("cx.dead-letters", b"v", headers=forged))) is None
