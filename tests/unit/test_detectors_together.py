"""All six ways to detect, through intake and judge: the same alerts however the work is shared and cut."""

from functools import cache
from zlib import crc32

import pytest

from alerts.transitions import Transition
from stream.backtest.engine import Engine
from stream.messages.records import FileRecord, Stream
from tests.builders import plan_of
from tests.detector_events import KINDS, RULES, events


def told(partitions: int, cut: int) -> list[Transition]:
    """What comes of the events when they are fed `cut` at a time to so many partitions."""
    engine = Engine(plan_of(RULES, partitions))
    offsets = {(stream, number): 0 for stream in Stream for number in range(partitions)}
    found: list[Transition] = []
    for first in range(0, len(events()), cut):
        chunk = events()[first : first + cut]
        for (stream, number), offset in offsets.copy().items():
            mine = [
                event.value
                for event in chunk
                if event.stream is stream and crc32(event.customer.encode()) % partitions == number
            ]
            offsets[stream, number] += len(mine)
            records = [FileRecord(offset + at, value) for at, value in enumerate(mine)]
            found += engine.feed(number, stream, records)[1]
        for stream, number in offsets:
            found += engine.feed(number, stream, (), chunk[-1].at_ms)[1]
    return sorted(found, key=lambda each: (each.at, each.rule, each.id, each.seq))


@cache
def reference() -> list[Transition]:
    """One partition, one piece."""
    return told(1, len(events()))


def test_every_way_to_detect_has_something_to_say() -> None:
    """The ninth day's troubles, each in its own words and scope."""
    firing = {(each.rule, each.scope["channel"]) for each in reference() if each.state == "firing"}
    assert {rule for rule, _ in firing} == KINDS
    assert {
        ("low", "phone"), ("sudden", "phone"), ("burn", "phone"), ("gap", "phone"), ("silent", "email"),
        ("hush", "email"), ("surge", "chat"),
    } <= firing  # fmt: skip


def test_what_was_quiet_resolves_when_it_is_heard_again() -> None:
    """Email comes back after half a day."""
    resolved = {(each.rule, each.scope["channel"]) for each in reference() if each.state == "resolved"}
    assert {("silent", "email"), ("hush", "email")} <= resolved


@pytest.mark.parametrize(("partitions", "cut"), [(1, 900), (8, 3_700)])
def test_partitions_and_batches_do_not_matter(partitions: int, cut: int) -> None:
    """The same transitions, to the last digit."""
    assert told(partitions, cut) == reference()
