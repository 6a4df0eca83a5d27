"""One intake and the judges of a plan, driven in one process: what backtest, topics and tests feed."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from alerts.rules import Rulebook, Timing
from alerts.transitions import Transition
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.intake.output import IntakeOutput
from stream.judge.judge import Judge, Observer
from stream.messages.outcomes import Reason, RecordOutcome, Remark
from stream.messages.records import Record, Stream
from stream.messages.tallies import TallyMessage

SHOWN: Final = 5


Hear = Callable[[TallyMessage], None]


@dataclass(slots=True)
class RecordCounts:
    """What became of the records: `outcomes` are exclusive and add up to all that were read."""

    outcomes: Counter[RecordOutcome] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    remarks: Counter[Remark] = field(default_factory=Counter)
    first: list[tuple[str, Reason, str]] = field(default_factory=list)
    last_ms: int | None = None

    @property
    def read(self) -> int:
        """All records."""
        return self.outcomes.total()

    def count(self, output: IntakeOutput) -> None:
        """Add what one feed came to."""
        self.outcomes.update(output.outcomes)
        self.reasons.update(output.reasons)
        self.remarks.update(output.remarks)
        newest_ms = output.newest_event_ms
        if newest_ms is not None:
            self.last_ms = newest_ms if self.last_ms is None else max(self.last_ms, newest_ms)

    def end_ms(self, timing: Timing) -> int | None:
        """The event time at which the pane of the last event closes, and no other; None without events."""
        if self.last_ms is None:
            return None
        return (self.last_ms // timing.pane_ms + 1) * timing.pane_ms + timing.lateness_ms

    def show(self, where: str, reason: Reason, detail: str) -> None:
        """Keep the place of a reject, if it is one of the first."""
        if len(self.first) < SHOWN:
            self.first.append((where, reason, detail))


class Engine:
    """Every intake and judge of a plan, joined without Kafka between them."""

    def __init__(self, plan: Plan, observer: Observer | None = None, hear: Hear | None = None) -> None:
        """`hear` hears every section before it is judged, with all cells in it."""
        fed = fed_plan(plan, hear)
        self._intakes = [Intake(fed, number) for number in range(plan.partitions)]
        self._judges = [Judge(plan, number, observer) for number in range(plan.partitions)]
        self._hear = hear

    @property
    def intakes(self) -> Sequence[Intake]:
        """One per partition."""
        return self._intakes

    @property
    def judges(self) -> Sequence[Judge]:
        """One per shard."""
        return self._judges

    def feed(
        self, partition: int, stream: Stream, records: Sequence[Record], heartbeat_ms: int | None = None
    ) -> tuple[IntakeOutput, list[Transition]]:
        """Take records of one partition in offset order, and judge what they complete."""
        output = self._intakes[partition].feed(stream, records, heartbeat_ms)
        return output, self.judge(output)

    def judge(self, output: IntakeOutput) -> list[Transition]:
        """Judge what an intake has completed."""
        told: list[Transition] = []
        for judge, sections in zip(self._judges, output.sections, strict=True):
            if self._hear is not None:
                for section in sections:
                    self._hear(section)
            told += judge.feed_all((section, 0) for section in sections)
        return told


def fed_plan(plan: Plan, hear: Hear | None) -> Plan:
    """The plan of the intakes: whoever hears sections hears all cells."""
    return replace(plan, reports=hear is not None)


def plan_of(rulebook: Rulebook, partitions: int = 1) -> Plan:
    """The plan of a run: no scores are kept that nobody will read, unless there is nothing else."""
    return Plan(rulebook, partitions, publishes=not rulebook.rules)
