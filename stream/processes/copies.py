"""Copies of this process: where they may be made, and how many are worth it."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def may_fork() -> bool:
    """Whether another process may begin as a copy of this one, which saves it all imports.

    No thread may hold a lock, since in the copy nobody would ever let go of it; and macOS' own libraries
    do not stand it.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if affinity is None else len(affinity(0))


@contextmanager
def deaf() -> Iterator[None]:
    """What starts meanwhile never hears Ctrl-C: it ends with the process that started it, without a word."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
