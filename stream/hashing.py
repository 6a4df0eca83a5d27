"""Hashes of texts, the same on every machine and in every run."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from xxhash import xxh3_64_digest

from stream.hashtable import Keys

_MULTIPLIERS: Final = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def hashed(texts: Iterable[str]) -> Keys:
    """64 bits of each text: with 10 million remembered, a new one meets a wrong one once in 10^12 times."""
    return np.frombuffer(b"".join(map(xxh3_64_digest, map(str.encode, texts))), ">u8").astype(np.uint64)


def joined(left: Keys, right: Keys) -> Keys:
    """Hashes of pairs from the hashes of their parts, well mixed (the finaliser of splitmix64)."""
    golden, first, second = _MULTIPLIERS
    mixed = left * golden + right
    mixed = (mixed ^ (mixed >> np.uint64(30))) * first
    mixed = (mixed ^ (mixed >> np.uint64(27))) * second
    return mixed ^ (mixed >> np.uint64(31))
