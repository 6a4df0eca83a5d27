"""Whether the brokers still answer this worker's fetches, and whose fault it is when they do not.

A partition that has room is asked for again and again, and its broker answers within a moment, whether there
is something new or not.  A client that asks no more, or asks the wrong one, sees no lag: by the last answer
all was worked off.  So when no answer has come for long, another client asks for the same partition.  Answers
to that one mean that ours stands still; without any the broker is away, and is waited for.

Where it is so, the watchdog counts nothing that is done of other partitions (see `supervising`).  Looks are
counted, not time, so that a process which was frozen is not taken for one that hears nothing.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, NoReturn

from aiokafka.errors import KafkaError

from stream.kafka.offsets import TP
from stream.kafka.reader import Reader

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
SILENT_LOOKS: Final = 6
"""Looks in a row at which nothing new was heard of a partition: half a minute."""
ASK_S: Final = 10.0
"""How long another client may take to be told; the brokers that are there answer at once."""


class FetchWatch:
    """What this worker hears of its partitions."""

    def __init__(
        self,
        heard: Callable[[], Mapping[TP, float | None]],
        ask: Callable[[Collection[TP]], Awaitable[frozenset[TP]]],
    ) -> None:
        """`heard` says when brokers last told of each partition that is fetched, None where they never did.

        `ask` is another client: of which partitions it is told something.
        """
        self._ask = ask
        self._heard = heard
        self._before: Mapping[TP, float | None] = {}
        self._looks: Counter[TP] = Counter()
        self._told: frozenset[TP] = frozenset()

    @property
    def silent(self) -> frozenset[TP]:
        """Partitions of which nothing was heard for long."""
        return frozenset(tp for tp, looks in self._looks.items() if looks >= SILENT_LOOKS)

    @property
    def stuck(self) -> frozenset[TP]:
        """Those of them of which others are told."""
        return self.silent & self._told

    def why_silent(self) -> str | None:
        """What a worker must say that is otherwise ready; None when all is well."""
        if not (silent := self.silent):
            return None
        topic, partition = min(silent)
        long = f"for {SILENT_LOOKS * LOOK_S:.0f} s"
        return f"{long} no broker told of {len(silent)} partitions, such as {topic}/{partition}"

    async def look(self) -> None:
        """Learn what was heard since the last look, and ask about what was not."""
        heard, was = self._heard(), self.silent
        same = heard.items() & self._before.items()
        self._looks = Counter({tp: self._looks[tp] + 1 for tp, _ in same})
        self._before = heard
        silent = self.silent
        if silent and not was:
            log.warning("%s", self.why_silent())
        elif was and not silent:
            log.info("all partitions are heard of again")
        self._told = await self._ask(silent) if silent else frozenset()

    async def follow(self) -> NoReturn:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()


async def told_of(reading: Callable[[Sequence[TP]], Reader], tps: Collection[TP]) -> frozenset[TP]:
    """Of which partitions a client that begins just now is told where they end."""

    async def told(reader: Reader, tp: TP) -> bool:
        try:
            async with asyncio.timeout(ASK_S / 2):
                await reader.bounds(tp)
        except (KafkaError, TimeoutError):
            return False
        return True

    asked = sorted(tps)
    try:
        async with asyncio.timeout(ASK_S), reading(asked) as reader:
            answers = await asyncio.gather(*(told(reader, tp) for tp in asked))
    except (KafkaError, OSError, TimeoutError):
        return frozenset()
    return frozenset(tp for tp, answered in zip(asked, answers, strict=True) if answered)
