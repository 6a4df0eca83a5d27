"""Runs a command that dies with its parent, even by kill -9: `python -m …tethered PID COMMAND…`.

Linux tells a process when its parent dies (prctl); elsewhere the command merely runs, and is stopped by
whoever started it when that ends in good order.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Final

PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h; the setting outlives exec."""
OWN_GROUP: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""Windows' way to keep Ctrl-C from a child; elsewhere a session of its own does."""


def start(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C reaches only us, and tied to our life.

    Call it from the main thread: a child is told when the thread that started it ends.
    """
    if sys.platform == "linux":
        command = [sys.executable, "-m", "stream.demo.brokers.tethered", str(os.getpid()), *command]
    return subprocess.Popen(  # noqa: S603  # our own commands
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        creationflags=OWN_GROUP,
    )


def stop(process: subprocess.Popen[bytes], patience_s: float) -> None:
    """Ask a child to end; after `patience_s` make it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(arguments: Sequence[str]) -> None:
    """Tie this process to its parent `PID`, then become the command."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before it could be watched
            sys.exit(1)
    os.execvp(command[0], list(command))  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
