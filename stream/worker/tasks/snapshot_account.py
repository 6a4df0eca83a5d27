"""What a task knows of its snapshots: what has come since the last one, and when the next is due.

A snapshot costs time and network; without one, whoever has the partition next feeds more records again.
So a snapshot is due when feeding again would take too long, and never so often that writing takes more than
a small part of the time.  For example, a snapshot that took 0.5 s is followed by the next after 10 s at the
earliest; of a worker with four tasks each is due when what came since its last took 1.5 s to feed.
"""

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from stream.kafka.snapshot_log import Manifest

SAVE_WORK_S: Final = 6.0
"""Snapshots are due when feeding again what came since the last ones of all tasks would take so long: then a
worker that starts with all of them has their state well within 20 s."""
SAVE_SHARE: Final = 20
"""A snapshot that took a second to write is followed by another after 20 at the earliest."""
RENEW_S: Final = 21_600.0
"""One of a state that nothing comes to is written again: retention would take it from a quiet partition."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What a snapshot covers that the one before it did not."""

    records: int
    work_s: float
    started_s: float


class SnapshotAccount:
    """One partition's.  `clock` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sealed: Manifest | None = None
        self._saved_s, self._save_took_s = clock(), 0.0
        self.superseded: int | None = None
        """Records of the snapshot topic below this offset may go: two newer snapshots are there."""
        self.fed = 0
        """Records fed since the last snapshot that is known."""
        self.work_s = 0.0
        """How long that took."""
        self.held = False
        """Whether the state lacks what it must learn elsewhere: with a snapshot nobody would look for it."""

    @contextmanager
    def counted(self, records: Sized) -> Iterator[None]:
        """Count records that are fed, and how long it takes."""
        started = self._clock()
        yield
        self.fed += len(records)
        self.work_s += self._clock() - started

    def restored(self, manifest: Manifest) -> None:
        """The state comes from this snapshot."""
        self._sealed, self.fed, self.work_s = manifest, 0, 0.0

    @property
    def known(self) -> bool:
        """Whether there is a snapshot."""
        return self._sealed is not None

    @property
    def news(self) -> bool:
        """Whether another snapshot says more than the last one, or is there when retention takes that."""
        old = self.known and self._clock() - self._saved_s >= RENEW_S
        return not self.held and (self.fed > 0 or old)

    def covered(self, started_s: float) -> Covered:
        """What a snapshot covers whose copy is made now; `started_s` is when saving began."""
        return Covered(self.fed, self.work_s, started_s)

    def written(self, manifest: Manifest, covered: Covered) -> None:
        """A snapshot is on Kafka."""
        self.fed, self.work_s = self.fed - covered.records, self.work_s - covered.work_s
        self.superseded = self._sealed.first if self._sealed is not None else None
        self._sealed = manifest
        self._saved_s, self._save_took_s = self._clock(), self._clock() - covered.started_s

    def due(self, tasks: int, save_after_s: float) -> bool:
        """Whether a snapshot is worth its cost, which is never more than a part of the time.

        `tasks` is how many this worker has.  After `save_after_s` one is due if anything came.
        """
        since_s = self._clock() - self._saved_s
        if not self.news or since_s < SAVE_SHARE * self._save_took_s:
            return False
        return tasks * self.work_s >= SAVE_WORK_S or since_s >= save_after_s
