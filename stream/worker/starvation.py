"""How much of the time this process waited for a processor, as the kernel tells it of every thread.

On a machine with more to do than it can, a thread that is ready to run waits for its turn.  A process that
waits so stands still, but nothing is wrong with it.  Linux counts that waiting for every thread, also when a
limit of a container's processor time is the reason.  Other systems do not tell; there nothing is waited.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

THREADS: Final = Path("/proc/self/task")
_NS: Final = 1_000_000_000


class Starvation:
    """The waiting since the last question; `threads` is the folder with one folder for each thread."""

    def __init__(self, threads: Path = THREADS) -> None:
        self._threads = threads
        self._waited_ns = self._read()

    def share(self, passed_s: float) -> float:
        """Of the last `passed_s` seconds, the share that was waited: 0 to 1, that of the worst thread.

        Any thread may have what the others need, such as the lock of the interpreter.
        """
        before, self._waited_ns = self._waited_ns, self._read()
        waited = [ns - before.get(thread, ns) for thread, ns in self._waited_ns.items()]
        return min(1.0, max([0, *waited]) / (passed_s * _NS))

    def _read(self) -> Mapping[str, int]:
        """Nanoseconds for which each thread has waited."""
        found: dict[str, int] = {}
        try:
            threads = list(self._threads.glob("*/schedstat"))
        except OSError:  # no file can be opened: the watchdog must live on
            return found
        for path in threads:
            try:
                found[path.parent.name] = int(path.read_text().split()[1])
            except (OSError, ValueError, IndexError):  # it has ended, or the kernel does not count
                continue
        return found
