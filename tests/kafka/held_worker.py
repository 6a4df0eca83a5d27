"""A worker that waits before one step of connecting: `python -m tests.kafka.held_worker STEP FILE worker …`.

It says `held` when it is there, and goes on when the file exists, so that a test can take the broker away
just then.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

from stream import cli
from stream.kafka.outbox import Outbox
from stream.transport.faust_transport import ConsumerThread
from stream.transport.idle_producer import Producer
from stream.worker.feeds.topic_feed import TopicFeed

STEPS: Final[dict[str, tuple[type[Any], str]]] = {
    "outbox": (Outbox, "start"),
    "topics": (TopicFeed, "start"),
    "consumer": (ConsumerThread, "on_start"),
    "producer": (Producer, "on_start"),
}
"""What is held, by a name for it."""


def hold(owner: type[Any], name: str, until: Path) -> None:
    """Let a method wait for a file."""
    step: Any = getattr(owner, name)

    async def held(self: Any) -> None:
        sys.stderr.write("held\n")
        sys.stderr.flush()
        while not until.exists():  # noqa: ASYNC110, ASYNC240  # a test only
            await asyncio.sleep(0.05)
        await step(self)

    setattr(owner, name, held)


def main() -> None:
    """Hold one step, and be a worker."""
    step, until = sys.argv[1:3]
    del sys.argv[1:3]
    hold(*STEPS[step], Path(until))
    cli.main()


if __name__ == "__main__":
    main()
