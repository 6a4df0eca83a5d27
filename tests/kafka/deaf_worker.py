"""A worker whose client asks for nothing any more, without an error, once a file is there.

`python -m tests.kafka.deaf_worker FILE worker …`
"""

import sys
from pathlib import Path
from typing import Any

from aiokafka.consumer.fetcher import Fetcher

from stream import cli

WAIT_S = 1.0


def deafen(once: Path) -> None:
    """Let the group's client fetch nothing from then on; others, such as those of one job, fetch on."""
    asked: Any = Fetcher._get_actions_per_node

    def deaf(self: Any, assignment: Any) -> Any:
        if once.exists() and self._subscriptions.partitions_auto_assigned():
            return [], {}, WAIT_S, False, []
        return asked(self, assignment)

    Fetcher._get_actions_per_node = deaf


def main() -> None:
    """Be a worker that becomes deaf."""
    deafen(Path(sys.argv.pop(1)))
    cli.main()


if __name__ == "__main__":
    main()
