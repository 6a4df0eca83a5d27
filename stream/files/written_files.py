"""Files that commands write: never over what they read, and of no room the operator is told where."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from tempfile import gettempdir

from alerts.errors import SettingsError
from stream.files.packed_logs import STDIN


def check_output(option: str, output: str | Path, inputs: Sequence[str | Path]) -> None:
    """See that writing a file does not destroy one that is read, by whatever name.

    Raises:
        SettingsError: it would.
    """
    written = None if str(output) == STDIN else _identity(output)
    for name in inputs:
        if written is not None and written == _identity(name):
            raise SettingsError(f"{option}: want another file than the one that is read, got {output}")


def _identity(name: str | Path) -> tuple[int, int] | None:
    """By what the system knows a file on disk; None for other things, and where there is nothing."""
    try:
        stat = os.fstat(sys.stdin.fileno()) if str(name) == STDIN else Path(name).stat()
    except (OSError, ValueError):
        return None
    return (stat.st_dev, stat.st_ino) if S_ISREG(stat.st_mode) else None


@contextmanager
def room_for_temporary() -> Iterator[None]:
    """Around what is written to a temporary file, and nothing that is read.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        where = os.environ.get("TMPDIR") or gettempdir()
        raise SettingsError(
            f"{where}: want room for a copy of the log (TMPDIR names another place), got: {error.strerror}"
        ) from None
