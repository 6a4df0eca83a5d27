"""The benchmark's topics: made as an operator makes them, emptied between rounds."""

import asyncio
import subprocess
import sys
from collections.abc import Container

from aiokafka.admin import AIOKafkaAdminClient

from tests.bench.events import Load, produce
from tests.bench.machine import say
from tests.bench.progress import INPUTS


def prepare(broker: str, load: Load) -> None:
    """Fresh topics with all events of a load in them, whatever was there before."""
    asyncio.run(_delete(broker, keep=()))
    create(broker, load.partitions, "tocsin")
    say(f"producing {load.events:,} events …")
    asyncio.run(produce(broker, load))


def renew_outputs(broker: str, partitions: int, group: str) -> None:
    """Drop what the round before wrote, so that every round does the same work; topics for a new group."""
    asyncio.run(_delete(broker, keep=INPUTS))
    create(broker, partitions, group)


def create(broker: str, partitions: int, group: str) -> None:
    """As an operator would; what is there stays."""
    command = [sys.executable, "-m", "stream", "topics", "--broker", broker, "--group", group]
    subprocess.run([*command, "--partitions", str(partitions)], check=True, stdout=subprocess.DEVNULL)


async def _delete(broker: str, keep: Container[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        there = await admin.list_topics()
        ours = [topic for topic in there if _is_ours(topic) and topic not in keep]
        if ours:
            await admin.delete_topics(ours)
        while set(ours) & set(await admin.list_topics()):  # noqa: ASYNC110  # the broker tells nobody
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


def _is_ours(topic: str) -> bool:
    return topic.startswith(("cx.", "bench-")) or topic.endswith("-snapshots")
