"""The intake under the worker: records of the two inputs in; tallies and dead letters out."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import xxhash

from stream.intake.intake import Intake
from stream.intake.output import IntakeOutput
from stream.kafka.dead_letters import LETTER_BYTES, letter
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.kafka.reader import Records
from stream.kafka.snapshot_log import CHUNK_BYTES
from stream.messages.keys import sampled
from stream.messages.outcomes import Reason
from stream.messages.pieces import PIECE_BYTES, cut
from stream.messages.records import Stream
from stream.messages.tallies import TallyMessage, no_rows
from stream.messages.tallies import encode as encode_section
from stream.messages.topic_names import TALLIES
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.idleness import NOTHING_KNOWN, Quiet
from stream.worker.tasks.processor import Work

log = logging.getLogger(__name__)

SAY_AGAIN_S: Final = 600.0
"""The open panes of a quiet input are said again after so long, in case the log forgets."""
STREAM_OF: Final = {stream.topic: stream for stream in Stream}


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """How large topics let messages be: letters (key, value and headers), pieces of tallies and snapshots."""

    letter_bytes: int = LETTER_BYTES
    piece_bytes: int = PIECE_BYTES
    chunk_bytes: int = CHUNK_BYTES


USUAL_LIMITS: Final = MessageLimits()


class IntakeProcessor:
    """An intake, and the silence of its two inputs."""

    def __init__(self, intake: Intake, metrics: Metrics, limits: MessageLimits = USUAL_LIMITS) -> None:
        self._limits = limits
        self.intake = intake
        self._metrics = metrics
        self._quiet = Quiet(Stream, intake.plan.rulebook.timing.idle_after_ms / 1000)
        self._faults: set[str] = set()
        self._said: dict[tuple[int, str], tuple[bytes, float]] = {}

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
        self._metrics.inputs.batch(stream, output)
        self._metrics.inputs.folded(stream, output.folded)
        self._metrics.inputs.ahead(stream, output.ahead)
        self._log_faults(stream, output)
        self._metrics.inputs.keys(stream, sampled(records))
        limits = self._limits
        letters = _letters(TP(topic, self.intake.partition), output, records, limits.letter_bytes)
        closed = _sections(output.sections, limits.piece_bytes)
        return Work(list(chain(_sections(active, limits.piece_bytes), letters, closed)))

    def rest(self) -> Iterator[Work]:
        """Nothing is ever left: a batch comes in parts."""
        return iter(())

    def _log_faults(self, stream: Stream, output: IntakeOutput) -> None:
        """Log what nobody foresaw, once for each kind; the records themselves are in the dead letters."""
        if Reason.INTERNAL not in output.reasons:
            return
        for reject in output.rejects:
            if reject.reason is Reason.INTERNAL and reject.detail not in self._faults:
                self._faults.add(reject.detail)
                log.error(
                    "record refused topic=%s partition=%d offset=%d detail=%s",
                    stream.topic, self.intake.partition, reject.offset, reject.detail,
                )  # fmt: skip

    def look(self, caught_up: Mapping[Stream, bool], now_s: float) -> list[Outgoing]:
        """Sections of inputs that have been quiet for long; called every second or two."""
        quiet_ms = self._quiet.look(caught_up, now_s)
        if not quiet_ms:
            return []
        said = [
            [self._unsaid(shard, each, now_s) for each in sections]
            for shard, sections in enumerate(self.intake.open_sections(quiet_ms))
        ]
        return list(_sections(said, self._limits.piece_bytes))

    def _unsaid(self, shard: int, section: TallyMessage, now_s: float) -> TallyMessage:
        """The section without its rows if they have been said in just this form, and not long ago."""
        rows = xxhash.xxh3_128_digest(encode_section(replace(section, quiet_ms=0)))
        before, said_s = self._said.get((shard, section.source), (b"", 0.0))
        if rows == before and now_s - said_s < SAY_AGAIN_S:
            return replace(section, scopes=(), rows=no_rows())
        self._said[shard, section.source] = rows, now_s
        return section

    def assigned(self, log_since_s: Mapping[Stream, float] = NOTHING_KNOWN) -> None:
        """The partition has come or come back; `log_since_s` is the time of each input's newest record."""
        self._quiet.restart(log_since_s)
        self._said.clear()

    def snapshot(self) -> list[bytes]:
        """The state as it is now."""
        return self.intake.snapshot()


def _sections(by_shard: Iterable[Iterable[TallyMessage]], most_bytes: int) -> Iterable[Outgoing]:
    for shard, sections in enumerate(by_shard):
        for section in sections:
            for piece, headers in cut(encode_section(section, shard), most_bytes):
                yield Outgoing(TALLIES, piece, section.source.encode(), shard, headers)


def _letters(tp: TP, output: IntakeOutput, records: Records, most_bytes: int) -> Iterable[Outgoing]:
    if output.rejects:
        by_offset = {record.offset: record for record in records}
        for reject in output.rejects:
            yield letter(tp, by_offset[reject.offset], reject, most_bytes)
