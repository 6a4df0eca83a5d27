"""Machines: intake and judge as a host drives them, records in and messages out.

State and messages are functions of the records below the next offsets.  `feed` only moves the state, for
records whose messages are known to have left before; `work` says also what must leave now.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

import msgspec
import xxhash

from alerts.readings import Scope, scope_text
from alerts.transitions import Score, Transition, encode
from stream.indicators.plan import Plan
from stream.intake.intake import Intake, IntakeOutput
from stream.judge.judge import Judge
from stream.kafka.dead_letters import letter
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.kafka.reader import Records
from stream.messages.keys import sampled
from stream.messages.records import Stream
from stream.messages.tallies import Section, no_rows
from stream.messages.tallies import decode as decode_section
from stream.messages.tallies import encode as encode_section
from stream.messages.topic_names import ALERTS, SCORES, TALLIES
from stream.monitoring.metrics import Metrics
from stream.worker.idleness import Quiet

log = logging.getLogger(__name__)

SAY_AGAIN_S: Final = 600.0
"""The open panes of a quiet input are said again after so long, in case the log forgets."""
STREAM_OF: Final = {stream.topic: stream for stream in Stream}


def _nothing(_now_s: float) -> None:
    """Nobody waits for word of these messages."""


@dataclass(frozen=True, slots=True)
class Work:
    """What leaves because of a batch, and who wants to know when it has (Unix seconds)."""

    messages: Sequence[Outgoing]
    on_durable: Callable[[float], None] = field(default=_nothing)


class Machine(Protocol):
    """What a host drives."""

    def next_offsets(self) -> dict[str, int]:
        """The next offset to be fed, per input topic."""
        ...

    def feed(self, topic: str, records: Records) -> None:
        """Move the state on; records below the next offset change nothing."""
        ...

    def work(self, topic: str, records: Records) -> Work:
        """Move the state on, and say what must leave."""
        ...

    def snapshot(self) -> list[bytes]:
        """The state as it is now."""
        ...


class IntakeMachine:
    """An intake, and the silence of its two inputs."""

    def __init__(self, intake: Intake, partition: int, idle_after_s: float, metrics: Metrics) -> None:
        self.intake = intake
        self._partition = partition
        self._metrics = metrics
        self._quiet = Quiet(Stream, idle_after_s)
        self._said: dict[tuple[int, str], tuple[bytes, float]] = {}

    @classmethod
    def fresh(cls, plan: Plan, partition: int, metrics: Metrics) -> "IntakeMachine":
        """With nothing fed."""
        return cls(Intake(plan, partition), partition, _idle_s(plan), metrics)

    @classmethod
    def restore(cls, plan: Plan, partition: int, metrics: Metrics, parts: Sequence[bytes]) -> "IntakeMachine":
        """From a snapshot."""
        return cls(Intake.restore(plan, partition, parts), partition, _idle_s(plan), metrics)

    def next_offsets(self) -> dict[str, int]:
        """The next offset to be fed, per input topic."""
        return {stream.topic: self.intake.next_offset(stream) for stream in Stream}

    def feed(self, topic: str, records: Records) -> None:
        """Move the state on."""
        self.intake.feed(STREAM_OF[topic], records)

    def work(self, topic: str, records: Records) -> Work:
        """Move the state on: dead letters and sections leave, after word that a quiet input is active."""
        stream = STREAM_OF[topic]
        active = self.intake.active_sections(stream) if self._quiet.records(stream) else []
        output = self.intake.feed(stream, records)
        self._metrics.batch(stream, output)
        self._metrics.keys(stream, sampled(records))
        letters = _letters(TP(topic, self._partition), output, records)
        return Work([*_sections(active), *letters, *_sections(output.sections)])

    def look(self, caught_up: Mapping[Stream, bool], now_s: float) -> list[Outgoing]:
        """Sections of inputs that have been quiet for long; called every second or two."""
        quiet_ms = self._quiet.look(caught_up, now_s)
        if not quiet_ms:
            return []
        by_shard = self.intake.open_sections(quiet_ms)
        return list(_sections([[self._unsaid(shard, each, now_s) for each in sections]
                               for shard, sections in enumerate(by_shard)]))  # fmt: skip

    def _unsaid(self, shard: int, section: Section, now_s: float) -> Section:
        """The section without its rows if they have been said in just this form, and not long ago."""
        rows = xxhash.xxh3_128_digest(encode_section(replace(section, quiet_ms=0)))
        before, said_s = self._said.get((shard, section.source), (b"", 0.0))
        if rows == before and now_s - said_s < SAY_AGAIN_S:
            return replace(section, scopes=(), rows=no_rows())
        self._said[shard, section.source] = rows, now_s
        return section

    def assigned(self) -> None:
        """The partition has come or come back: silence from before was not watched."""
        self._quiet.restart()
        self._said.clear()

    def snapshot(self) -> list[bytes]:
        """The state as it is now."""
        return self.intake.snapshot()


class JudgeMachine:
    """A judge, and the next offset of its log."""

    def __init__(self, judge: Judge, shard: int, next_offset: int, plan: Plan, metrics: Metrics) -> None:
        self.judge = judge
        self._next_offset = next_offset
        self._shard = shard
        self._pane_s = plan.rulebook.timing.pane_ms / 1000
        self._metrics = metrics

    @classmethod
    def fresh(cls, plan: Plan, shard: int, metrics: Metrics) -> "JudgeMachine":
        """With nothing fed."""
        return cls(Judge(plan, shard), shard, 0, plan, metrics)

    @classmethod
    def restore(
        cls, plan: Plan, shard: int, metrics: Metrics, parts: Sequence[bytes], next_offset: int
    ) -> "JudgeMachine":
        """From a snapshot."""
        return cls(Judge.restore(plan, shard, parts), shard, next_offset, plan, metrics)

    def next_offsets(self) -> dict[str, int]:
        """The next offset to be fed of its one topic."""
        return {TALLIES: self._next_offset}

    def feed(self, topic: str, records: Records) -> None:  # noqa: ARG002  # there is only one
        """Move the state on."""
        self._judge(records)

    def work(self, topic: str, records: Records) -> Work:  # noqa: ARG002  # there is only one
        """Move the state on: transitions leave.  Scores leave by themselves, see `scores`."""
        transitions = self._judge(records)
        alerts = [Outgoing(ALERTS, encode(each), each.id.encode()) for each in transitions]
        return Work(alerts, lambda now_s: self._measure(transitions, now_s))

    def scores(self) -> list[Outgoing]:
        """The latest scores of those that changed since the last call.

        Only the latest of each counts, so they need not leave with the batch that changed them: a judge
        that was restored tells all of them anew.
        """
        return [_score(each) for each in self.judge.take_scores()]

    def snapshot(self) -> list[bytes]:
        """The state as it is now."""
        return self.judge.snapshot()

    def _judge(self, records: Records) -> list[Transition]:
        fresh = [record for record in records if record.offset >= self._next_offset]
        if not fresh:
            return []
        self._next_offset = fresh[-1].offset + 1
        sections = ((_section(each.value, self._shard, each.offset), each.timestamp) for each in fresh)
        return self.judge.feed_all((section, log_ms) for section, log_ms in sections if section is not None)

    def _measure(self, transitions: Sequence[Transition], now_s: float) -> None:
        """From the start of the pane that decided: the event may have been its first."""
        for each in transitions:
            decided_s = datetime.fromisoformat(each.at).timestamp() - self._pane_s
            self._metrics.transitions([each], now_s - decided_s)


def _idle_s(plan: Plan) -> float:
    return plan.rulebook.timing.idle_after_ms / 1000


def _sections(by_shard: Iterable[Iterable[Section]]) -> Iterable[Outgoing]:
    for shard, sections in enumerate(by_shard):
        for section in sections:
            yield Outgoing(TALLIES, encode_section(section), section.source.encode(), shard)


def _letters(tp: TP, output: IntakeOutput, records: Records) -> Iterable[Outgoing]:
    if output.rejects:
        by_offset = {record.offset: record for record in records}
        for reject in output.rejects:
            yield letter(tp, by_offset[reject.offset], reject)


def _score(score: Score) -> Outgoing:
    scope: Scope = tuple(score.scope.items())
    key = f"{score.indicator}|{scope_text(scope)}|{score.window_s:g}"
    return Outgoing(SCORES, encode(score), key.encode())


def _section(value: bytes | None, shard: int, offset: int) -> Section | None:
    """The section of a record; None for what is none, which only somebody else can have written."""
    try:
        return decode_section(value or b"")
    except msgspec.DecodeError as error:
        # Once per record, not a fault of ours: no trace.
        log.error("not a section topic=%s partition=%d offset=%d error=%s", TALLIES, shard, offset, error)  # noqa: TRY400
        return None
