"""Hashes of texts, the same on every machine and in every run."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

import numpy as np
from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from stream.columnar.hashtable import Keys

_MULTIPLIERS: Final = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)

NAMES: Final = 1 << 14
"""Names remembered before the memory starts anew."""


REMEMBERED_CHARS: Final = 128
"""Longer names are not remembered, or a few of them could take all memory."""


def hashed(texts: Iterable[str]) -> Keys:
    """64 bits of each text: with 10 million remembered, a new one meets a wrong one once in 10^12 times."""
    return np.fromiter(map(xxh3_64_intdigest, map(str.encode, texts)), np.uint64)


def shortened(text: str, most: int) -> str:
    """The text, or if it has more than `most` characters its beginning, an ellipsis and its hash.

    A shortened text has `most` characters; different ones stay different.
    """
    if len(text) <= most:
        return text
    mark = "…" + xxh3_64_hexdigest(text.encode())
    return text[: most - len(mark)] + mark


class Names:
    """Hashes of texts that keep coming back, such as topics; surrounding spaces do not matter.

    Of a text with more than `most` characters it is the hash of the shortened one, and is not remembered.
    """

    def __init__(self, most: int = REMEMBERED_CHARS) -> None:
        self._most = most
        self._place: dict[str | None, int] = {}
        self._hashes = np.empty(0, np.uint64)

    def hashed(self, texts: Sequence[str | None]) -> Keys:
        """The hash of each text, of "" where there is none."""
        places = list(map(self._place.get, texts))
        if None not in places:
            return self._hashes[np.array(places, np.int64)]
        unknown = set(texts).difference(self._place)
        full = len(self._place) + len(unknown) > NAMES
        if full:
            self._place.clear()
            self._hashes = np.empty(0, np.uint64)
        if full or any(len(text or "") > self._most for text in unknown):
            return hashed(map(self._tidied, texts))
        self._hashes = np.concatenate([self._hashes, hashed(map(self._tidied, unknown))])
        self._place.update(zip(unknown, count(len(self._place)), strict=False))
        return self._hashes[list(map(self._place.__getitem__, texts))]

    def _tidied(self, text: str | None) -> str:
        return shortened((text or "").strip(), self._most)


def joined(left: Keys, right: Keys) -> Keys:
    """Hashes of pairs from the hashes of their parts, well mixed (the finaliser of splitmix64)."""
    golden, first, second = _MULTIPLIERS
    mixed = left * golden + right
    mixed = (mixed ^ (mixed >> np.uint64(30))) * first
    mixed = (mixed ^ (mixed >> np.uint64(27))) * second
    return mixed ^ (mixed >> np.uint64(31))
