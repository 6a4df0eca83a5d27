"""What must have come of the records on the inputs: the pure intake, fed what a consumer reads of them."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.kafka.clients import read_all
from stream.kafka.letters import Letter
from stream.kafka.letters import read as read_letter
from stream.kafka.reader import Reader
from stream.kafka.settings import ClientSettings
from stream.messages.pieces import Assembly
from stream.messages.records import Stream
from stream.messages.tallies import NO_PANE, Kind, TallyMessage, decode
from tests.event_builders import Counts, counts, ended
from tests.harden.traffic import SOUND

BATCH: Final = 1000
assert Reader.__name__  # its module makes all consumers of the process read what anybody may have sent


@dataclass
class Wanted:
    """What the pure intakes said: closed panes, rejects by place, and what the sound stream comes to."""

    tallies: Counts = field(default_factory=Counter)
    rejects: dict[tuple[str, int, int], str] = field(default_factory=dict)
    records: dict[tuple[str, int, int], Any] = field(default_factory=dict)
    sound: Counter[int] = field(default_factory=Counter)
    late: int = 0


async def wanted(broker: str, plan: Plan) -> Wanted:
    """Feed the pure intakes everything that is committed on the inputs."""
    found = Wanted()
    intakes = [Intake(plan, number) for number in range(plan.partitions)]
    for stream in Stream:
        by_partition: dict[int, list[Any]] = {}
        async for record in read_all(ClientSettings(brokers=(broker,)), stream.topic):
            by_partition.setdefault(record.partition, []).append(record)
            found.records[stream.topic, record.partition, record.offset] = record
        for partition, records in by_partition.items():
            for start in range(0, len(records), BATCH):
                output = intakes[partition].feed(stream, records[start : start + BATCH])
                found.tallies.update(closed_counts(output.sections))
                for reject in output.rejects:
                    found.rejects[stream.topic, partition, reject.offset] = reject.reason.value
    left: Counts = Counter(found.tallies)
    for intake in intakes:
        left.update(ended(intake))
    for (*_, key, values, cell), count in left.items():
        if key == "channel|channel" and values == (SOUND,) and cell.startswith("csat/1-5/"):
            found.sound[int(cell.rpartition("/")[2])] += count
    return found


def closed_counts(sections: list[list[TallyMessage]]) -> Counts:
    """The closed panes in sections by shard."""
    return counts(each for shard in sections for each in shard if each.kind is Kind.CLOSED)


async def told(broker: str) -> Counts:
    """The tallies of closed panes on cx.tallies, each pane once per source as judges take it."""
    found: Counts = Counter()
    through: dict[tuple[int, str], int] = {}
    assemblies: dict[int, Assembly] = {}
    async for record in read_all(ClientSettings(brokers=(broker,)), "cx.tallies"):
        value = assemblies.setdefault(record.partition, Assembly()).take(record)
        section = decode(value, record.partition) if value is not None else None
        if section is None or section.kind is not Kind.CLOSED:
            continue
        place = record.partition, section.source
        before = through.get(place, NO_PANE)
        found.update(counts([replace(section, rows=section.rows.of(section.rows.closing > before))]))
        through[place] = max(before, section.through)
    return found


async def letters(broker: str) -> list[Letter]:
    """The dead letters; each record there must be one."""
    found = []
    async for record in read_all(ClientSettings(brokers=(broker,)), "cx.dead-letters"):
        letter = read_letter(record)
        assert letter is not None, record.headers
        found.append(letter)
    return found
