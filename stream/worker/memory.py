"""Memory that is free goes back to the system: a burst of large records must not be held for good.

What a fetch brings is allocated by one thread and freed by another, among what stays.  So the C library finds
little at the end of its heaps to give back, and a burst of records of some kilobytes, such as dead letters,
leaves a worker half as large again as it needs to be.  `malloc_trim` gives back the free pages in between as
well.  It takes some ten milliseconds in a thread of its own, so it is done only when memory has grown.
"""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

LOOK_S: Final = 10.0
GROWN_BYTES: Final = 8 * 2**20
"""What resident memory must have grown by since the last time: less is not worth it."""
COLLECT_AFTER: Final = 100_000
"""Objects that are added before the collector looks among them unasked: more than the fetches in work have,
of whose objects none are in cycles, so that none is looked at again and again."""
LOOKS_PER_FULL: Final = 60
"""Looks at what is young for each look at everything, of which there is much, and little that has gone."""
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_STATM: Final = Path("/proc/self/statm")


def collect_rarely() -> None:
    """What was made up to here stays, and what comes is looked at by `MemoryTrim.follow`, or if it is much.

    Otherwise the garbage collector goes through all modules again and again, an eighth of what an event
    costs, and through every fetch: a twentieth if once for each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def glibc_trim() -> Callable[[], object] | None:
    """What gives free memory back to the system; None where the C library is not the GNU one."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return None if trim is None else lambda: trim(0)


def resident_bytes() -> int:
    """Memory of this process that is there; 0 where the system does not say so in Linux's way."""
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


class MemoryTrim:
    """When to give memory back: `resident` is what the process has, `trim` does it."""

    def __init__(
        self, trim: Callable[[], object] | None = None, resident: Callable[[], int] = resident_bytes
    ) -> None:
        self._trim = trim or glibc_trim()
        self._resident = resident
        self._left = 0

    def look(self) -> None:
        """Give back what is free if memory has grown since the last time."""
        if self._trim is None:
            return
        there = self._resident()
        if there >= self._left + GROWN_BYTES:
            self._trim()
            self._left = self._resident()
        else:
            self._left = min(self._left, there)

    async def follow(self) -> None:
        """Look every ten seconds, in a thread: pages that are taken again at once cost faults.

        Before, what is in cycles goes.
        """
        for number in count(1):
            await asyncio.sleep(LOOK_S)
            gc.collect(1 if number % LOOKS_PER_FULL else 2)
            with suppress(OSError, RuntimeError):  # no file, no thread is to be had: no reason to end
                await asyncio.to_thread(self.look)
