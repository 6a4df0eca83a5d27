"""Keying: what records are keyed by, told from a few of them."""

import pytest

from stream.messages.keys import EVERY, Keyed, sampled, wanted_key
from stream.messages.records import FileRecord


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'{"id": "e1", "customer": "c1"}', b"c1"),
        (b'{"id": "e1", "customer": null}', b"e1"),
        (b'{"id": "e1"}', b"e1"),
        ('{"customer": "Zoë"}'.encode(), "Zoë".encode()),
        (b"{}", None),
        (b'{"customer": 7}', None),
        (b"not JSON", None),
        (b"\xff", None),
        (None, None),
    ],
)
def test_the_key_that_a_record_should_have(value: bytes | None, key: bytes | None) -> None:
    """The customer, so that repeats meet; the id without one, so that duplicates do."""
    assert wanted_key(value) == key


def test_a_few_records_are_looked_at() -> None:
    """The first of a batch, and one in so many; those that cannot be read say nothing."""
    value = b'{"id": "e", "customer": "c"}'
    right, wrong, bad = (
        FileRecord(0, value, key=b"c"), FileRecord(0, value, key=b"round-robin"), FileRecord(0, b"{")
    )  # fmt: skip
    assert sampled([]) == {}
    assert sampled([bad]) == {}
    assert sampled([right]) == {Keyed.CUSTOMER: 1}
    assert sampled([wrong] * EVERY + [right]) == {Keyed.OTHER: 1, Keyed.CUSTOMER: 1}
