"""Ports of 127.0.0.1, where everything that the demo starts listens."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alerts.errors import OperatorError

LOOPBACK: Final = "127.0.0.1"


class EmbeddedBrokerError(OperatorError):
    """A broker of the demo's own is missing or does not start."""


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nothing listens on it, else a port that was free a moment ago; on the loopback."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            # On Windows the option would let two listen on one port.
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedBrokerError(f"no free port on {LOOPBACK}")


@contextmanager
def claimed_port(preferred: int) -> Iterator[int]:
    """`preferred`, unless something listens on it or another demo has claimed it; else a port that was free.

    What is to listen does so seconds later: of two demos that begin together both would see the port free.
    The claim is the same number of UDP, which nobody uses; every system gives it to one, until that one ends.
    """
    with socket.socket(type=socket.SOCK_DGRAM) as claim:
        yield free_port(preferred if _bound(claim, preferred) else None)


def _bound(claim: socket.socket, port: int) -> bool:
    try:
        claim.bind((LOOPBACK, port))
    except OSError:
        return False
    return True


def listens(process: subprocess.Popen[bytes], port: int, patience_s: float) -> bool:
    """Whether the process, and nobody else, took connections before `patience_s` had passed."""
    deadline = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process.poll() is None
    return False
