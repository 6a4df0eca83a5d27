"""The judge under the worker: tallies in; scores, alert transitions and dead letters out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from alerts.delivery.notices.notice import TransitionNews
from alerts.transitions import Transition, encode
from stream.intake.wall import Undo, fed_in_parts, kind_of
from stream.judge.judge import Judge
from stream.judge.tally_checks import NotATally, TallyCheck
from stream.kafka.dead_letters import LETTER_BYTES, letter
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.kafka.reader import Records
from stream.messages.outcomes import Reason, Reject
from stream.messages.pieces import Assembly
from stream.messages.tallies import TallyMessage
from stream.messages.tallies import decode as decode_section
from stream.messages.topic_names import ALERTS, SCORES, TALLIES
from stream.messages.verdicts import VerdictMessage, is_verdict
from stream.messages.verdicts import decode as decode_verdict
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.judge_wall import JudgeWall, TornState
from stream.worker.tasks.lost_alerts import lost_alerts
from stream.worker.tasks.processor import Work
from stream.worker.tasks.stride import Stride

log = logging.getLogger(__name__)

SCOPES_AT_ONCE: Final = 10_000
"""Scopes of one grouping whose scores are worked out at once: a tenth of a second for each window."""
SAID_AGAIN_MS: Final = 60_000
"""By the log's clock, between two lines on sections that are passed over for the same reason."""
MOST_REASONS: Final = 100
"""Reasons that are remembered, the latest: whoever forges sections may think of many."""


class Taken(NamedTuple):
    """A section or a verdict, and the record that it came in, or its last piece."""

    record: Any
    section: TallyMessage | VerdictMessage


class JudgeProcessor:
    """A judge, and the next offset of its log.

    `wall` is the shard's, and `letter_bytes` how large the topic of dead letters lets messages be.
    """

    def __init__(
        self,
        judge: Judge,
        metrics: Metrics,
        next_offset: int = 0,
        wall: JudgeWall | None = None,
        letter_bytes: int = LETTER_BYTES,
    ) -> None:
        self.judge = judge
        self._next_offset = next_offset
        self._assembly = Assembly()
        self._tp = TP(TALLIES, judge.shard)
        self._metrics = metrics
        self._check = TallyCheck(judge.plan)
        self._wall = wall or JudgeWall()
        self._letter_bytes = letter_bytes
        self._letters: list[Outgoing] = []
        self._steps: Iterator[list[Transition]] = iter(())
        self._stride = Stride()
        self._passed_over: dict[str, tuple[int, int]] = {}
        """Why sections were passed over: when that was told last, and how many there were since."""

    def next_offsets(self) -> dict[str, int]:
        """The next offset to be fed of its one topic."""
        first = self._assembly.first_offset  # pieces that wait are read again, which changes nothing
        return {TALLIES: self._next_offset if first is None else first}

    def feed(self, topic: str, records: Records) -> None:  # noqa: ARG002  # there is only one
        """Move the state on.

        Raises:
            TornState: it failed, and is of no use any more.
        """
        self._judge(records)
        self._letters = []

    def work(self, topic: str, records: Records) -> Work:  # noqa: ARG002  # there is only one
        """Move the state on: transitions leave.  Scores leave by themselves, see `scores`.

        Raises:
            TornState: it failed, and is of no use any more.
        """
        return self._work(self._judge(records))

    def rest(self) -> Iterator[Work]:
        """Judge what is closed and was not judged yet.

        Raises:
            TornState: it failed, and is of no use any more.
        """
        for transitions in self._steps:
            yield self._work(transitions)

    def _work(self, transitions: Sequence[Transition]) -> Work:
        alerts = [Outgoing(ALERTS, encode(each), each.id.encode()) for each in transitions]
        letters, self._letters = self._letters, []
        self._metrics.inputs.refused(TALLIES, Reason.INTERNAL, len(letters))
        return Work([*alerts, *letters], lambda now_s: self._measure(transitions, now_s))

    def scores(self) -> Iterator[Outgoing]:
        """The latest scores of those that changed since the last call, each encoded when it is its turn.

        There may be as many as there are scopes, and a turn of the event loop has time for some hundreds; of
        very many, some are left for the next call.  Only the latest of each counts, so they need not leave
        with the batch that changed them: a judge that was restored tells all of them anew.
        """
        for columns in self.judge.take_score_columns(SCOPES_AT_ONCE):
            for key, value in columns.encoded():
                yield Outgoing(SCORES, value, key)

    def take_up(self, news: Iterable[TransitionNews]) -> int:
        """Go on with the alerts that are open by what all of cx.alerts says; how many there are."""
        lost = lost_alerts(news, self.judge.plan, self.judge.shard, self.judge.judged_through_ms)
        self.judge.take_up(lost)
        return len(lost)

    def snapshot(self) -> list[bytes]:
        """The state as it is now."""
        return self.judge.snapshot()

    def _judge(self, records: Records) -> list[Transition]:
        """Take sections, and judge what is judged at once."""
        fresh = [record for record in records if record.offset >= self._next_offset]
        if not fresh:
            return []
        self._next_offset = fresh[-1].offset + 1
        taken = [Taken(each, section) for each in fresh if (section := self._section(each)) is not None]
        if self._wall.suspects(fresh):
            found = fed_in_parts(taken, self._mark, self._feed, self._refuse)
            return [transition for part in found for transition in part]
        before = [told for step in self._steps for told in step]  # who left something undone has it with this
        self._steps = self._guarded(taken, fresh)
        return before + next(self._steps, [])

    def _guarded(self, taken: Sequence[Taken], fresh: Records) -> Iterator[list[Transition]]:
        try:
            yield from self._fed(taken)
        except MemoryError:
            raise
        except Exception as error:
            self._wall.suspect(fresh)
            raise TornState from error

    def _feed(self, taken: Sequence[Taken]) -> list[Transition]:
        return [told for step in self._fed(taken) for told in step]

    def _fed(self, taken: Sequence[Taken]) -> Iterator[list[Transition]]:
        sections = ((each.section, each.record.timestamp) for each in taken)
        yield from self._stride.timed(self.judge.steps(sections, lambda: self._stride.panes))
        self._tell_faults()

    def _tell_faults(self) -> None:
        """What was amiss with sections that were taken."""
        for source, first, last, known in self.judge.take_missed():
            log.error(
                "what an intake knew is gone partition=%d source=%s panes=%d" if known
                else "tallies are gone partition=%d source=%s panes=%d",
                self._tp.partition, source, last - first + 1,
            )  # fmt: skip
            self._metrics.inputs.missing(TALLIES, 1)
        if unsealed := self.judge.take_unsealed():
            log.error("sections without a seal partition=%d count=%d", self._tp.partition, unsealed)
            self._metrics.unreadable(TALLIES, unsealed)
        if ahead := self.judge.take_ahead():
            log.error("stamps are ahead of those after them partition=%d count=%d", self._tp.partition, ahead)
            self._metrics.unreadable(TALLIES, ahead)

    def _mark(self) -> Undo:
        judge, parts = self.judge, self.judge.snapshot()

        def undo() -> None:
            self.judge = type(judge).restore(judge.plan, judge.shard, parts)

        return undo

    def _refuse(self, taken: Taken, error: Exception) -> list[Transition]:
        """Leave out what a judge fails on: a fault of ours, or a forgery that nobody thought of."""
        offset, detail = taken.record.offset, kind_of(error)
        log.error("section refused topic=%s partition=%d offset=%d detail=%s", *self._tp, offset, detail)
        reject = Reject(offset, Reason.INTERNAL, detail)
        self._letters.append(letter(self._tp, taken.record, reject, self._letter_bytes))
        return []

    def _section(self, record: Any) -> TallyMessage | VerdictMessage | None:
        """What a record says; None for what is ours in no form, which only somebody else can have written."""
        value = self._assembly.take(record)
        if value is None and record.value is not None:
            return None  # a piece; the rest will come
        try:
            if value is not None and is_verdict(value):
                return decode_verdict(value, self.judge.shard)
            section = decode_section(value or b"", self.judge.shard)
            self._check.check(section, record.timestamp, self.judge.unmet)
        except (msgspec.DecodeError, NotATally) as error:
            self._metrics.unreadable(TALLIES)
            self._tell_passed_over(record, str(error))
            return None
        return section

    def _tell_passed_over(self, record: Any, why: str) -> None:
        """Once a minute for each reason: of a worker with other settings every section has the same."""
        told_ms, count = self._passed_over.get(why, (-SAID_AGAIN_MS, 0))
        if 0 <= record.timestamp - told_ms < SAID_AGAIN_MS:
            self._passed_over[why] = told_ms, count + 1
            return
        self._passed_over.pop(why, None)
        self._passed_over[why] = record.timestamp, 0
        if len(self._passed_over) > MOST_REASONS:
            del self._passed_over[next(iter(self._passed_over))]
        log.error(
            "not a section topic=%s partition=%d offset=%d, and %d before it for the same reason: %s",
            *self._tp, record.offset, count, why,
        )  # fmt: skip

    def _measure(self, transitions: Sequence[Transition], now_s: float) -> None:
        """From the start of the pane that decided: the event may have been its first."""
        pane_s = self.judge.plan.rulebook.timing.pane_ms / 1000
        for each in transitions:
            decided_s = datetime.fromisoformat(each.at).timestamp() - pane_s
            self._metrics.alerts.transitions([each], now_s - decided_s)
