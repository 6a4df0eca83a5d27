"""Whether the group takes what is committed: a client that is refused tries again for ever, and says nothing.

Work goes on meanwhile, and nothing is lost; but whoever comes next does all of it again.  For example: of
three brokers one is away, and the topic of commits wants three replicas.
"""

import logging
from typing import Final

from stream.kafka.offsets import OffsetTracker

log = logging.getLogger(__name__)

LATE_LOOKS: Final = 60
"""Looks in a row, a second each, at which something was finished and nothing got committed."""
LATE: Final = f"for {LATE_LOOKS} s nothing could be committed: whoever comes next does again what is done now"


class CommitWatch:
    """What this worker knows of its commits."""

    def __init__(self, slots: OffsetTracker) -> None:
        self._slots = slots
        self._total = 0
        self._looks = 0

    def why_late(self) -> str | None:
        """What a worker must say that is otherwise ready; None when all is well."""
        return LATE if self._looks >= LATE_LOOKS else None

    def look(self) -> None:
        """Learn whether anything was committed since the last look; called every second."""
        was, total = self.why_late(), self._slots.total()
        self._looks = self._looks + 1 if self._slots.committable() and total == self._total else 0
        self._total = total
        if self.why_late() and not was:
            log.warning(LATE)
        elif was and not self.why_late():
            log.info("commits are taken again")
