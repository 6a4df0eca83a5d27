"""Supervising: notices when Faust has crashed, and tells the watchdog what moves and what should."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from stream.kafka.offsets import OffsetTracker
from stream.messages.topic_names import INPUTS, TALLIES
from stream.worker.commit_watch import CommitWatch
from stream.worker.fetch_watch import FetchWatch
from stream.worker.group_watch import GroupWatch
from stream.worker.sending_watch import SendingWatch
from stream.worker.tasks.assignment import Assignment
from stream.worker.watchdog import LOOK_S, Watchdog

WATCHED: Final = (*INPUTS, TALLIES)
"""What must get on; how long cx.alerts takes is its receivers' affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a worker has to do, and what it has done."""

    assignment: Assignment
    slots: OffsetTracker
    group: GroupWatch
    fetch: FetchWatch
    commits: CommitWatch
    sending: SendingWatch

    def why_not_ready(self) -> str | None:
        """What a worker must say that has its partitions and their state; None when all is well."""
        given_nothing = not self.slots.assigned()
        whole = self.group.why_not_whole(given_nothing=given_nothing)
        waits = self.sending.why_waiting()
        return whole or waits or self.fetch.why_silent() or self.commits.why_late()

    def left(self) -> bool:
        """Whether something waits to be done, and brokers are there: while too few are, all wait for them."""
        waits = self.sending.why_waiting() or self.assignment.held_up
        return (
            not waits
            and self.group.answered
            and bool(
                self.slots.oldest_s(WATCHED) is not None
                or self.assignment.has_work(WATCHED)
                or self.fetch.stuck
            )
        )

    def done(self) -> object:
        """Changes whenever work gets done; while partitions are stuck, none that is done of others counts."""
        return self.fetch.stuck or (self.assignment.fed(), self.assignment.waits_for, self.slots.total())


async def supervise(app: Any, fail: Callable[[BaseException], None], duty: Duty, dog: Watchdog) -> NoReturn:
    """Look for ever at a Faust app and at its work."""
    dog.start()
    try:
        while True:
            await asyncio.sleep(LOOK_S)
            if app.crashed:
                fail(app.crash_reason or RuntimeError("Faust crashed without a reason"))
            duty.commits.look()
            duty.sending.look()
            dog.beat(duty.done(), busy=duty.left())
    finally:
        dog.stop()
