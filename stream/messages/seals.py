"""Seals: whether a message of our own still says what it said when it was written.

A sealed message is a msgpack array whose last element is the hash of all bytes before it, so a reader of a
version that knows no seals passes over it.  A changed number in such a message would be as plausible as the
right one: a position of next year makes all that follows old news, and alerts end without a word.  The hash
is of the place too, so what was written for one judge is nothing in the log of another.

A hash is no secret.  It tells bytes that are damaged, or that some tool has put there, from ours; who may
write to our topics is for the broker's ACLs to say.
"""

from typing import Final

from xxhash import xxh3_64_digest

BLANK: Final = bytes(8)
"""What stands in the place of the hash until the rest is written."""


def sealed(blank: bytes, place: int = 0) -> bytes:
    """A message whose last element is `BLANK`, with its seal for this place, such as a partition."""
    body = blank[: -len(BLANK)]
    return body + xxh3_64_digest(body, place)


def broken(value: bytes, seal: bytes, place: int = 0) -> bool:
    """Whether a message with this last element is not as it was written there; those of before have none."""
    return bool(seal) and value[-len(BLANK) :] != xxh3_64_digest(value[: -len(BLANK)], place)
