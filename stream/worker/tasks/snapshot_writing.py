"""How a partition's state leaves for its snapshot topic: in chunks, and a manifest that seals them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.kafka.snapshot_log import Manifest, cut, encode, seal
from stream.worker.tasks.context import Sink, TaskSpec

CHUNKS_AT_ONCE: Final = 8
"""Chunks of a snapshot on their way at a time: 4 MiB, so that live messages find room between them."""


async def write_snapshot(
    outbox: Sink, spec: TaskSpec[Any], tp: TP, state: tuple[Sequence[bytes], Mapping[str, int]]
) -> Manifest:
    """Returns when Kafka has a snapshot: the parts of a state, and the next offsets that it is of."""
    parts, at = state
    chunks, first = cut(parts, most_bytes=spec.chunk_bytes), 0
    for start in range(0, len(chunks), CHUNKS_AT_ONCE):
        some = [
            Outgoing(tp.topic, encode(chunk), partition=tp.partition)
            for chunk in chunks[start : start + CHUNKS_AT_ONCE]
        ]
        places = await outbox.deliver(some)
        first = places[0].offset if start == 0 else first
    manifest = seal(chunks, first, at, spec.made_for, spec.partitions)
    await outbox.deliver([Outgoing(tp.topic, encode(manifest), partition=tp.partition)])
    return manifest
