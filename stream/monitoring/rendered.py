"""/metrics as bytes: read at most once a second, formatted and packed in a thread, and kept for a second.

However many ask, and however often, the worker reads its scores once, and one thread formats them.
"""

import asyncio
import gzip
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stream.monitoring.exposition import Exposed, chosen_encoder, wants_gzip

KEPT_S: Final = 1.0
LEVEL: Final = 1
"""Of gzip: a tenth of the size for a third of the work that the best level takes."""
MOST_ACCEPT: Final = 1_000
"""Characters of an Accept header that are looked at."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The body, and what its header says of it."""

    body: bytes
    content_type: str
    packed: bool

    @property
    def headers(self) -> dict[str, str]:
        """What an answer with this body says of it."""
        told = {"Content-Type": self.content_type, "Vary": "Accept, Accept-Encoding"}
        return {**told, "Content-Encoding": "gzip"} if self.packed else told


@dataclass(slots=True)
class RenderedMetrics:
    """Pages of about now."""

    metrics: Exposed
    clock: Callable[[], float] = time.monotonic
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _pages: dict[tuple[str, bool], tuple[float, RenderedPage]] = field(default_factory=dict)

    async def page(self, headers: Mapping[str, str]) -> RenderedPage:
        """The page in the format that a request's headers prefer, in gzip where they take it."""
        wanted = headers.get("Accept", "")[:MOST_ACCEPT]
        packed = wants_gzip(headers.get("Accept-Encoding", ""))
        async with self._lock:
            content_type = chosen_encoder(wanted)[1]
            kept = self._pages.get((content_type, packed))
            if kept is not None and self.clock() - kept[0] < KEPT_S:
                return kept[1]
            read_s = self.clock()
            encode, content_type = self.metrics.exposition(wanted)
            body = await asyncio.to_thread(_packed if packed else _plain, encode)
            page = RenderedPage(body, content_type, packed)
            self._pages[content_type, packed] = read_s, page
            return page


def _plain(encode: Callable[[], bytes]) -> bytes:
    return encode()


def _packed(encode: Callable[[], bytes]) -> bytes:
    return gzip.compress(encode(), LEVEL)
