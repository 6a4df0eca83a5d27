"""Holes in what a running worker reads of its inputs: what retention took before its turn came is told.

The client goes on with the first record that is left, and says nothing.  Most holes are no loss: the markers
of transactions, what they took back, and what compaction left out have offsets as well.  So where the log
begins is asked: a hole that reaches below it was records.  What was taken before a state came up is told by
`restoring`.
"""

import asyncio
import logging
from typing import Final

from aiokafka.errors import KafkaError

from stream.kafka.offsets import TP
from stream.transport.link import RecordBatch
from stream.worker.tasks.context import TaskContext

log = logging.getLogger(__name__)

ASK_S: Final = 10.0
"""Between two questions: with a transactional producer every batch may have a hole before it."""


class Holes:
    """Of every partition of a worker, since it came."""

    def __init__(self, around: TaskContext) -> None:
        self._around = around
        self._next: dict[TP, int] = {}
        self._open: dict[TP, list[tuple[int, int]]] = {}

    def forget(self) -> None:
        """The partitions have gone, or come anew: where reading begins is not known."""
        self._next.clear()

    def look(self, batch: RecordBatch) -> None:
        """Learn whether a batch follows on the one before it."""
        first = batch.records[0].offset
        expected = self._next.get(batch.tp, first)
        if first > expected:
            self._open.setdefault(batch.tp, []).append((expected, first))
        self._next[batch.tp] = batch.records[-1].offset + 1

    async def follow(self, wait_s: float = ASK_S) -> None:
        """Tell for ever of what was deleted before it was read."""
        while True:
            await asyncio.sleep(wait_s)
            found, self._open = self._open, {}
            for tp, below in (await self._log_starts(list(found))).items():
                lost = sum(max(0, min(end, below) - start) for start, end in found[tp])
                if lost:
                    log.error("input is gone topic=%s partition=%d records=%d", *tp, lost)
                    self._around.missing(tp.topic, lost)

    async def _log_starts(self, tps: list[TP]) -> dict[TP, int]:
        """The first offset that is there, where a broker tells it."""
        if not tps:
            return {}
        try:
            async with self._around.reading(tps) as reader:
                return {tp: (await reader.bounds(tp))[0] for tp in tps}
        except KafkaError as error:
            log.warning("where logs begin is not known error=%s", type(error).__name__)
            return {}
