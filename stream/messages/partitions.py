"""The partition of a key, as in every Kafka client, found four bytes at a time, or of many keys at once."""

import random
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

SEED: Final = 0x9747B28C
MIX: Final = 0x5BD1E995
MASK: Final = 0xFFFFFFFF
"""Murmur2's constants and 32 bits, as in Kafka's `Utils.murmur2`."""
POSITIVE: Final = 0x7FFFFFFF
"""Kafka's clients take a hash's lowest 31 bits."""

KEYS: Final = 1 << 16
"""Keys whose hash is remembered: those of scores come again and again."""
REMEMBERED_BYTES: Final = 256
"""Longer keys are none of ours: dead letters have those of foreign records, each another one."""
CUSTOMER_BYTES: Final = 2_048
"""Longer keys are no customers', so their records need not meet where Kafka's clients would have them.  The
hash that these agree on takes 0.15 s of the event loop for a mebibyte, of which anybody may send many."""


def murmur2(data: bytes) -> int:
    """Kafka's hash of a key, unsigned.  Aiokafka's own does the same, byte by byte and five times slower."""
    size = len(data)
    whole = size & ~3
    found = SEED ^ size
    for word in _words(whole).unpack_from(data):
        mixed = word * MIX & MASK
        found = (found * MIX & MASK) ^ ((mixed ^ mixed >> 24) * MIX & MASK)
    if whole != size:
        found = (found ^ int.from_bytes(data[whole:], "little")) * MIX & MASK
    found = (found ^ found >> 13) * MIX & MASK
    return found ^ found >> 15


def murmur2_each(keys: Sequence[bytes]) -> NDArray[np.uint32]:
    """The hashes of many keys at once, which takes a tenth of the time; they should be of like lengths."""
    size = np.fromiter(map(len, keys), np.uint32, len(keys))
    words, rest = np.divmod(size, np.uint32(4))
    width = 4 * (int(words.max(initial=0)) + 1)
    padded = b"".join([key.ljust(width, b"\0") for key in keys])
    texts = np.frombuffer(padded, "<u4").reshape(len(keys), width // 4).T
    mix, found = np.uint32(MIX), np.uint32(SEED) ^ size
    for place, word in enumerate(texts[:-1]):
        mixed = word * mix
        further = (found * mix) ^ ((mixed ^ mixed >> np.uint32(24)) * mix)
        found = np.where(place < words, further, found)
    tail = texts[words, np.arange(len(keys))]
    found = np.where(rest > 0, (found ^ tail) * mix, found)
    found = (found ^ found >> np.uint32(13)) * mix
    hashes: NDArray[np.uint32] = found ^ found >> np.uint32(15)
    return hashes


def partition_number(key: bytes, partitions: int) -> int:
    """Which of so many partitions a key belongs to."""
    return (murmur2(key) & POSITIVE) % partitions


_remembered: Final = lru_cache(KEYS)(murmur2)


def partition_of(key: bytes | None, everywhere: Sequence[int], available: Sequence[int]) -> int:
    """As in all Kafka clients, for keys that may be customers'.

    A hash takes some microseconds, so those of short keys are remembered.
    """
    if key is None:
        return random.choice(available or everywhere)  # noqa: S311  # any will do
    if len(key) > CUSTOMER_BYTES:
        return everywhere[xxh3_64_intdigest(key) % len(everywhere)]
    hashed = _remembered(key) if len(key) <= REMEMBERED_BYTES else murmur2(key)
    return everywhere[(hashed & POSITIVE) % len(everywhere)]


def short_hashes(keys: Sequence[bytes | None]) -> list[int | None]:
    """What the partitions of keys are numbered by, many at once; None of long keys and of none."""
    short = [key for key in keys if key is not None and len(key) <= REMEMBERED_BYTES]
    hashes = iter((murmur2_each(short) & np.uint32(POSITIVE)).tolist())
    return [None if key is None or len(key) > REMEMBERED_BYTES else next(hashes) for key in keys]


@lru_cache(1024)
def _words(size: int) -> struct.Struct:
    return struct.Struct(f"<{size // 4}I")
