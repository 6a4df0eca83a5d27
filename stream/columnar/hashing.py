"""Hashes of texts, the same on every machine and in every run."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

import numpy as np
from xxhash import xxh3_64_digest

from stream.columnar.hashtable import Keys

_MULTIPLIERS: Final = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)

NAMES: Final = 1 << 14
"""Names remembered before the memory starts anew."""


def hashed(texts: Iterable[str]) -> Keys:
    """64 bits of each text: with 10 million remembered, a new one meets a wrong one once in 10^12 times."""
    return np.frombuffer(b"".join(map(xxh3_64_digest, map(str.encode, texts))), ">u8").astype(np.uint64)


class Names:
    """Hashes of texts that keep coming back, such as topics; surrounding spaces do not matter."""

    def __init__(self) -> None:
        self._place: dict[str | None, int] = {}
        self._hashes = np.empty(0, np.uint64)

    def hashed(self, texts: Sequence[str | None]) -> Keys:
        """The hash of each text, of "" where there is none."""
        places = list(map(self._place.get, texts))
        if None not in places:
            return self._hashes[np.array(places, np.int64)]
        unknown = set(texts).difference(self._place)
        if len(self._place) + len(unknown) > NAMES:
            self._place.clear()
            self._hashes = np.empty(0, np.uint64)
            return hashed([(text or "").strip() for text in texts])
        self._hashes = np.concatenate([self._hashes, hashed([(text or "").strip() for text in unknown])])
        self._place.update(zip(unknown, count(len(self._place)), strict=False))
        return self._hashes[list(map(self._place.__getitem__, texts))]


def joined(left: Keys, right: Keys) -> Keys:
    """Hashes of pairs from the hashes of their parts, well mixed (the finaliser of splitmix64)."""
    golden, first, second = _MULTIPLIERS
    mixed = left * golden + right
    mixed = (mixed ^ (mixed >> np.uint64(30))) * first
    mixed = (mixed ^ (mixed >> np.uint64(27))) * second
    return mixed ^ (mixed >> np.uint64(31))
