"""A worker with one of its mechanisms broken on purpose: `python -m tests.chaos.saboteur HOW worker …`.

The suite must find every one of these out; if it does not, it proves nothing about a sound worker.
"""

import itertools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from stream import cli
from stream.judge.watermarks import WatermarkAligner
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.kafka.reader import Records
from stream.messages.tallies import TallyMessage
from stream.messages.topic_names import TALLIES
from stream.worker.tasks import intake_processor
from stream.worker.tasks.intake_processor import IntakeProcessor
from stream.worker.tasks.leaving import Leaving
from stream.worker.tasks.partition_task import PartitionTask
from stream.worker.tasks.processor import Work


def commit_early() -> None:
    """Input is committed before what it caused has left; what was on its way dies with a kill."""
    leave = Leaving.leave

    async def hasty(self: Leaving, work: Work, finish: Callable[[], None]) -> None:
        finish()
        held = [m for m in work.messages if m.topic != TALLIES]
        _LATER.append([m for m in work.messages if m.topic == TALLIES])
        ripe = _LATER.pop(0) if len(_LATER) > HELD_BACK else []
        await leave(self, Work([*ripe, *held], work.on_durable), lambda: None)

    Leaving.leave = hasty  # type: ignore[method-assign]


HELD_BACK: Final = 200
"""Batches whose tallies the hasty worker keeps in memory: seconds of traffic."""
_LATER: Final[list[list[Outgoing]]] = []


def drop_section() -> None:
    """Of the tallies that leave, one message in a hundred does not."""
    work, numbers = IntakeProcessor.work, itertools.count()

    def careless(self: IntakeProcessor, topic: str, records: Records) -> Work:
        done = work(self, topic, records)
        kept = [m for m in done.messages if m.topic != TALLIES or next(numbers) % 100 != 50]
        return Work(kept, done.on_durable)

    IntakeProcessor.work = careless  # type: ignore[method-assign]


def skip_replay() -> None:
    """The state of a snapshot is taken for the state at the commit: what came between is not fed again."""

    async def forgetful(
        _self: PartitionTask[Any], _reader: Any, _machine: Any, _committed: Mapping[TP, Any]
    ) -> int:
        return 0

    PartitionTask._feed_again = forgetful  # type: ignore[method-assign, assignment]


def count_repeats() -> None:
    """Every section is sent twice, and judges do not look at what they have taken before."""
    sections = intake_processor._sections

    def twice(by_shard: Iterable[Iterable[TallyMessage]], most_bytes: int) -> Iterable[Outgoing]:
        return [message for message in sections(by_shard, most_bytes) for _ in range(2)]

    intake_processor._sections = twice
    take = WatermarkAligner.take

    def credulous(self: WatermarkAligner, section: TallyMessage, log_ms: int, judged: int) -> Any:
        known = self.progress.get(section.source)
        if known is not None and len(section.rows):
            known.through = int(section.rows.closing[0]) - 1
            known.position = min(known.position, section.position)
        return take(self, section, log_ms, judged)

    WatermarkAligner.take = credulous  # type: ignore[method-assign]


WAYS: Final[dict[str, Callable[[], None]]] = {
    "commit-early": commit_early,
    "drop-section": drop_section,
    "skip-replay": skip_replay,
    "count-repeats": count_repeats,
}


def main(arguments: Sequence[str]) -> None:
    """Break what the first argument says, and run the rest as `tocsin` would."""
    WAYS[arguments[0]]()
    cli.main(list(arguments[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
