"""Whether Kafka takes what this worker sends: while replicas are missing everything waits, and is told."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class SendingWatch:
    """What this worker knows of its messages; `why` is what Kafka takes nothing for, and for how long."""

    def __init__(self, why: Callable[[], str | None]) -> None:
        self.why_waiting = why
        self._waited = False

    def look(self) -> None:
        """Tell once that messages wait, and once that they do not any more; called every second."""
        told = self.why_waiting()
        if told and not self._waited:
            log.warning("%s; waiting", told)
        elif self._waited and not told:
            log.info("what waited for replicas is taken again")
        self._waited = told is not None
