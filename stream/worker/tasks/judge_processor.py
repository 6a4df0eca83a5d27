"""The judge under the worker: tallies in; scores and alert transitions out."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.readings import Scope, scope_text
from alerts.transitions import Score, Transition, encode
from stream.indicators.plan import Plan
from stream.judge.judge import Judge
from stream.judge.tally_checks import NotATally, TallyCheck
from stream.kafka.outbox import Outgoing
from stream.kafka.reader import Records
from stream.messages.pieces import Assembly
from stream.messages.tallies import TallyMessage
from stream.messages.tallies import decode as decode_section
from stream.messages.topic_names import ALERTS, SCORES, TALLIES
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.processor import Work

log = logging.getLogger(__name__)


class JudgeProcessor:
    """A judge, and the next offset of its log."""

    def __init__(self, judge: Judge, shard: int, next_offset: int, plan: Plan, metrics: Metrics) -> None:
        self.judge = judge
        self._next_offset = next_offset
        self._assembly = Assembly()
        self._shard = shard
        self._pane_s = plan.rulebook.timing.pane_ms / 1000
        self._metrics = metrics
        self._check = TallyCheck(plan)

    @classmethod
    def fresh(cls, plan: Plan, shard: int, metrics: Metrics) -> "JudgeProcessor":
        """With nothing fed."""
        return cls(Judge(plan, shard), shard, 0, plan, metrics)

    @classmethod
    def restore(
        cls, plan: Plan, shard: int, metrics: Metrics, parts: Sequence[bytes], next_offset: int
    ) -> "JudgeProcessor":
        """From a snapshot."""
        return cls(Judge.restore(plan, shard, parts), shard, next_offset, plan, metrics)

    def next_offsets(self) -> dict[str, int]:
        """The next offset to be fed of its one topic."""
        first = self._assembly.first_offset  # pieces that wait are read again, which changes nothing
        return {TALLIES: self._next_offset if first is None else first}

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
        sections = [(self._section(each), each.timestamp) for each in fresh]
        return self.judge.feed_all((section, log_ms) for section, log_ms in sections if section is not None)

    def _section(self, record: Any) -> TallyMessage | None:
        """The section of a record; None for what is none, which only somebody else can have written."""
        value = self._assembly.take(record)
        if value is None and record.value is not None:
            return None  # a piece; the rest will come
        try:
            section = decode_section(value or b"")
            self._check.check(section, record.timestamp)
        except (msgspec.DecodeError, NotATally) as error:
            self._metrics.unreadable(TALLIES)
            # Once per record, not a fault of ours: no trace.
            log.error(  # noqa: TRY400
                "not a section topic=%s partition=%d offset=%d error=%s",
                TALLIES, self._shard, record.offset, error,
            )  # fmt: skip
            return None
        return section

    def _measure(self, transitions: Sequence[Transition], now_s: float) -> None:
        """From the start of the pane that decided: the event may have been its first."""
        for each in transitions:
            decided_s = datetime.fromisoformat(each.at).timestamp() - self._pane_s
            self._metrics.alerts.transitions([each], now_s - decided_s)


def _score(score: Score) -> Outgoing:
    scope: Scope = tuple(score.scope.items())
    key = f"{score.indicator}|{scope_text(scope)}|{score.window_s:g}"
    return Outgoing(SCORES, encode(score), key.encode())
