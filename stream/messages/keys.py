"""Keys: whether records are keyed by their customer, so that one customer's meet in one partition."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec

from stream.messages.records import Record

EVERY: Final = 500
"""One record in so many is looked at, and one of each batch: a sender that keys otherwise does so always."""


class Keyed(StrEnum):
    """What a record is keyed by."""

    CUSTOMER = "customer"
    OTHER = "other"


class _Named(msgspec.Struct):
    customer: str | None = None
    id: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Named)


def wanted_key(value: bytes | None) -> bytes | None:
    """The customer, or the id where there is none; None where neither can be read."""
    try:
        event = _DECODER.decode(value or b"")
        wanted = event.customer or event.id
        return wanted.encode() if wanted else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def sampled(records: Sequence[Record]) -> Counter[Keyed]:
    """What some of the records are keyed by, of those where it can be told."""
    found: Counter[Keyed] = Counter()
    for record in islice(records, 0, None, EVERY):
        wanted = wanted_key(record.value)
        if wanted is not None:
            found[Keyed.CUSTOMER if record.key == wanted else Keyed.OTHER] += 1
    return found
