"""The partition of a key, as in every Kafka client, worked out four bytes at a time."""

import struct
from functools import lru_cache
from typing import Final

SEED: Final = 0x9747B28C
MIX: Final = 0x5BD1E995
MASK: Final = 0xFFFFFFFF
"""Murmur2's constants and 32 bits, as in Kafka's `Utils.murmur2`."""


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


def partition_number(key: bytes, partitions: int) -> int:
    """Which of so many partitions a key belongs to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


@lru_cache(1024)
def _words(size: int) -> struct.Struct:
    return struct.Struct(f"<{size // 4}I")
