"""State that a group already has when it is measured: one open contact of each of very many customers.

The contacts of the six days before go through the product's own intakes, and what they remember is
published as the group's snapshots, which its workers then start from.  The events of the measurement come
after that: the snapshots' offsets are set to the beginning of the input topics.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from stream.columnar.packing import pack, unpack
from stream.files import rule_files as rulefile
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.intake.snapshot import Saved
from stream.kafka import snapshot_log as snapshots
from stream.kafka.outbox import Outbox, Outgoing
from stream.kafka.settings import ClientSettings
from stream.messages.records import FileRecord, Stream
from stream.messages.topic_names import intake_snapshots
from stream.worker.tasks.task_specs import fingerprint
from tests.bench.events import CHANNELS, STAGES, START_S, TOPICS, Load, customer, partition

BEFORE_S: Final = 6 * 86_400.0
"""Within the week over which a contact can be a repeat."""
AT_ONCE: Final = 50_000
CHUNKS_AT_ONCE: Final = 16


def preload(broker: str, rules: Path, load: Load, group: str) -> None:
    """Publish snapshots in which every customer of `load` has an open contact."""
    with ProcessPoolExecutor() as pool:
        states = pool.map(partial(snapshot, rules, load), range(load.partitions))
        for place, parts in enumerate(states):
            asyncio.run(_publish(broker, _plan(rules, load), group, place, parts))


def _plan(rules: Path, load: Load) -> Plan:
    return Plan(rulefile.load(rules), load.partitions)


def snapshot(rules: Path, load: Load, place: int) -> list[bytes]:
    """A snapshot of one partition's intake, as if nothing of the topics had been read yet."""
    intake = Intake(_plan(rules, load), place)
    contacts = _contacts(load, place)
    while some := list(islice(contacts, AT_ONCE)):
        intake.feed(Stream.INTERACTIONS, some)
    saved, tables = unpack(intake.snapshot(), Saved)
    for source in saved.sources.values():
        source.next_offset = 0
    return pack(saved, tables)


def _contacts(load: Load, place: int) -> Iterator[FileRecord]:
    """A contact of each customer who belongs to the partition, spread over the time before."""
    offset = 0
    for number in range(load.customers):
        who = customer(number)
        if partition(who.encode(), load.partitions) == place:
            at_s = START_S - BEFORE_S * (1 - number / load.customers)
            where = f'"channel":"{CHANNELS[number % 6]}","stage":"{STAGES[number % 9]}"'
            what = f'"customer":"{who}","topic":"{TOPICS[number % 5]}"'
            event = f'{{"id":"before-{number}","at":{at_s:.3f},{where},{what}}}'
            yield FileRecord(offset, event.encode())
            offset += 1


async def _publish(broker: str, plan: Plan, group: str, place: int, parts: list[bytes]) -> None:
    """Write a snapshot as a worker does."""
    outbox = Outbox(ClientSettings(brokers=(broker,)).client_options())
    await outbox.start()
    topic, chunks, first = intake_snapshots(group), snapshots.cut(parts), 0
    for start in range(0, len(chunks), CHUNKS_AT_ONCE):
        some = chunks[start : start + CHUNKS_AT_ONCE]
        sent = await outbox.put(Outgoing(topic, snapshots.encode(each), partition=place) for each in some)
        places = await outbox.durable(sent)
        first = places[0].offset if start == 0 else first
    beginning = {stream.topic: 0 for stream in Stream}
    manifest = snapshots.seal(chunks, first, beginning, fingerprint(plan), plan.partitions)
    await outbox.deliver([Outgoing(topic, snapshots.encode(manifest), partition=place)])
    await outbox.stop()
