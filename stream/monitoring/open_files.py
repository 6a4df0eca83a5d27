"""How many connections a server may let in, by what the system lets this process have open.

A process that can open nothing more reaches no broker and reads no file.  So clients have what is left beside
our own; and as all who wait are let in at once, before the first of too many is put out, few may wait.
"""

import sys
from typing import Final, NamedTuple

if sys.platform != "win32":
    import resource

OWN: Final = 128
"""Files and connections of our own: modules, brokers, receivers.  Where there are few, half are ours."""
WAITING: Final = 8
"""One in so many files may be a connection that waits to be let in."""


class Room(NamedTuple):
    """How many connections may be open, and how many may wait."""

    connections: int
    waiting: int


def room(wanted: Room, most: float | None = None) -> Room:
    """What is wanted, or as much of it as `most` open files leave (None: what the system allows)."""
    files = _most() if most is None else most
    waiting = min(wanted.waiting, files // WAITING)
    left = files - min(OWN, files // 2) - waiting
    return Room(int(max(1, min(wanted.connections, left))), int(max(1, waiting)))


def _most() -> float:
    """Files that this process may have open."""
    if sys.platform == "win32":
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft
