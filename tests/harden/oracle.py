"""What must have come of the records on the inputs: the pure intake, fed what a consumer reads of them.

Partitions have nothing to do with each other, so each is looked at in a process of its own, and of records
and letters only hashes are kept: a million of them are gigabytes.
"""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import xxhash

from stream.files import rule_files
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.kafka.letters import read as read_letter
from stream.kafka.offsets import TP
from stream.kafka.reader import Reader, Records
from stream.kafka.settings import ClientSettings
from stream.messages.pieces import Assembly
from stream.messages.records import Stream
from stream.messages.tallies import NO_PANE, Kind, TallyMessage, decode
from stream.messages.topic_names import DEAD_LETTERS, TALLIES
from tests.event_builders import Counts, counts, ended
from tests.harden.traffic import SOUND

BATCH: Final = 1000

Place = tuple[str, int, int]


@dataclass(frozen=True)
class Fate:
    """A refused record: why, and a hash of its key and value; None where a letter is not whole."""

    reason: str
    content: bytes | None


@dataclass
class Wanted:
    """What the pure intake said: closed panes, rejects by place, and what the sound stream comes to."""

    records: int = 0
    tallies: Counts = field(default_factory=Counter)
    rejects: dict[Place, Fate] = field(default_factory=dict)
    sound: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Wanted") -> None:
        """Take in another partition's."""
        self.records += other.records
        self.tallies.update(other.tallies)
        self.rejects |= other.rejects
        self.sound.update(other.sound)


@dataclass
class Told:
    """What the worker said: closed panes, letters by place, and how many letters there are."""

    tallies: Counts = field(default_factory=Counter)
    letters: dict[Place, Fate] = field(default_factory=dict)
    written: int = 0


@dataclass(frozen=True)
class Job:
    """A partition to look at."""

    broker: str
    rules: Path
    partitions: int
    partition: int

    @property
    def plan(self) -> Plan:
        """What the worker works by."""
        return Plan(rule_files.load(self.rules), self.partitions)


async def compared(broker: str, rules: Path, partitions: int) -> tuple[Wanted, Told]:
    """What must be, and what is: of all partitions."""
    jobs = [Job(broker, rules, partitions, number) for number in range(partitions)]
    loop, spawn = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    want, told = Wanted(), Told()
    with ProcessPoolExecutor(len(jobs), spawn) as pool:
        wanted = [loop.run_in_executor(pool, _wanted, job) for job in jobs]
        found = [loop.run_in_executor(pool, _told, job) for job in jobs]
        for part in await asyncio.gather(*wanted):
            want.add(part)
        for each in await asyncio.gather(*found):
            told.tallies.update(each.tallies)
            told.written += each.written
            told.letters |= each.letters
    return want, told


def _wanted(job: Job) -> Wanted:
    return asyncio.run(_fed(job))


def _told(job: Job) -> Told:
    return asyncio.run(_written(job))


async def _fed(job: Job) -> Wanted:
    """Feed a pure intake everything that is committed on its inputs."""
    found, intake = Wanted(), Intake(job.plan, job.partition)
    for stream in Stream:
        async for records in _all(job, stream.topic):
            found.records += len(records)
            by_offset = {record.offset: record for record in records}
            for start in range(0, len(records), BATCH):
                output = intake.feed(stream, records[start : start + BATCH])
                found.tallies.update(_closed_counts(output.sections))
                for reject in output.rejects:
                    record = by_offset[reject.offset]
                    place = stream.topic, job.partition, reject.offset
                    found.rejects[place] = Fate(reject.reason.value, _hash(record.key, record.value))
    left: Counts = Counter(found.tallies)
    left.update(ended(intake))
    for (*_, key, values, cell), count in left.items():
        if key == "channel|channel" and values == (SOUND,) and cell.startswith("csat/1-5/"):
            found.sound[int(cell.rpartition("/")[2])] += count
    return found


async def _written(job: Job) -> Told:
    """The tallies of closed panes, each pane once per source as judges take it; and the dead letters."""
    found, assembly = Told(), Assembly()
    through: dict[str, int] = {}
    async for records in _all(job, TALLIES):
        for record in records:
            value = assembly.take(record)
            section = decode(value, job.partition) if value is not None else None
            if section is None or section.kind is not Kind.CLOSED:
                continue
            before = through.get(section.source, NO_PANE)
            found.tallies.update(
                counts([replace(section, rows=section.rows.of(section.rows.closing > before))])
            )
            through[section.source] = max(before, section.through)
    async for records in _all(job, DEAD_LETTERS):
        for record in records:
            letter = read_letter(record)
            assert letter is not None, record.headers
            content = _hash(letter.key, letter.value) if letter.is_whole else None
            found.letters[letter.topic, letter.partition, letter.offset] = Fate(letter.reason, content)
            found.written += 1
    return found


async def _all(job: Job, topic: str) -> AsyncIterator[Records]:
    """Everything that the job's partition of a topic has, in order."""
    tp = TP(topic, job.partition)
    async with Reader(ClientSettings(brokers=(job.broker,)).client_options(), [tp]) as reader:
        async for _, records in reader.ranges({tp: await reader.bounds(tp)}):
            yield records


def _hash(key: bytes | None, value: bytes | None) -> bytes:
    """Of both; a null is none of the hashes of bytes."""
    return b"/".join(b"" if each is None else xxhash.xxh3_128_digest(each) for each in (key, value))


def _closed_counts(sections: list[list[TallyMessage]]) -> Counts:
    """The closed panes in sections by shard."""
    return counts(each for shard in sections for each in shard if each.kind is Kind.CLOSED)
