"""Turns: dear records are worked off in small parts, and what others do meanwhile makes no part smaller."""

from dataclasses import dataclass

from stream.kafka.offsets import TP, Slot
from stream.transport.link import RecordBatch
from stream.worker.tasks.turns import FEWEST, TURN_S, Turns
from tests.fake_kafka import record

FEEDBACK = TP("cx.feedback", 0)
BATCH = RecordBatch(
    FEEDBACK, [record(FEEDBACK, offset, b"{}") for offset in range(12_000)], Slot(11_999, 0.0)
)


@dataclass
class Processor:
    """A clock of CPU time that moves by what records cost."""

    fixed_s: float
    each_s: float
    spent_s: float = 0.0

    def clock(self) -> float:
        """CPU seconds."""
        return self.spent_s

    def sizes(self, turns: Turns, others_s: float = 0.0) -> list[int]:
        """Work off the batch; between parts others work for so long."""
        sizes = []
        for part in turns.parts(BATCH):
            with turns.timed(part):
                self.spent_s += self.fixed_s + self.each_s * len(part.records)
            self.spent_s += others_s
            sizes.append(len(part.records))
        assert sum(sizes) == len(BATCH.records)
        return sizes


def test_cheap_records_are_one_part() -> None:
    """No batch is cut that takes less than a turn."""
    processor = Processor(fixed_s=0.002, each_s=3e-6)
    turns = Turns(processor.clock)
    assert [processor.sizes(turns) for _ in range(3)] == [[12_000]] * 3


def test_dear_records_take_a_turn_each() -> None:
    """After the first batch parts take about as long as they should."""
    processor = Processor(fixed_s=0.0, each_s=25e-6)
    turns = Turns(processor.clock)
    processor.sizes(turns)
    *whole, _rest = processor.sizes(turns)
    assert all(abs(size - TURN_S / 25e-6) <= 1 for size in whole)
    assert len(whole) == 3


def test_a_small_rest_is_no_part_of_its_own() -> None:
    """A batch that takes a little more than a turn is one part: cutting it would cost more than it gives."""
    processor = Processor(fixed_s=0.0, each_s=1.2 * TURN_S / 12_000)
    turns = Turns(processor.clock)
    assert [processor.sizes(turns) for _ in range(3)] == [[12_000]] * 3


def test_what_others_do_between_parts_makes_none_smaller() -> None:
    """Else eight partitions, each waiting for the seven others, would cut ever smaller parts."""
    alone, crowded = Processor(fixed_s=0.002, each_s=25e-6), Processor(fixed_s=0.002, each_s=25e-6)
    mine, theirs = Turns(alone.clock), Turns(crowded.clock)
    for _ in range(5):
        assert alone.sizes(mine) == crowded.sizes(theirs, others_s=1.0)


def test_one_dear_record_does_not_make_parts_tiny() -> None:
    """And later parts grow again."""
    processor = Processor(fixed_s=0.0, each_s=1.0)
    turns = Turns(processor.clock)
    processor.sizes(turns)
    processor.each_s = 1e-6
    sizes = processor.sizes(turns)
    assert sizes[0] == FEWEST
    assert max(sizes) > 100 * FEWEST
