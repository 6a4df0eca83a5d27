"""What a process has started and where it listens, read from /proc."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
LISTEN: Final = "0A"
"""State of a listening socket in /proc/net/tcp."""


def descendants(pid: int) -> set[int]:
    """Children, their children and so on, of those that run now."""
    parents = dict(_parents())
    found, waiting = set[int](), {pid}
    while waiting:
        waiting = {child for child, parent in parents.items() if parent in waiting}
        found |= waiting
    return found


def running(pids: set[int]) -> set[int]:
    """Those that have not ended; who has ended but was not waited for does not count."""
    return {pid for pid in pids if _state(pid) not in {None, "Z"}}


def listening_addresses(pids: set[int]) -> set[str]:
    """Local addresses, as /proc/net/tcp writes them (`0100007F:2394`), that the processes listen on."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and fields[9] in inodes:
                found.add(fields[1])
    return found


def wait_for(condition: Callable[[], bool], patience_s: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _parents() -> Iterator[tuple[int, int]]:
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            yield int(entry.name), int(fields[1])


def _state(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[0] if fields else None


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold blanks; none if it has gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _sockets(pid: int) -> Iterator[str]:
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]
