"""Opens a log, whatever it is packed in: plain, gzip or zip, told apart by content, from a path or stdin."""

import gzip
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import IO, Final

from alerts.errors import SettingsError

STDIN: Final = "-"
GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"

UNREADABLE: Final = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged or vanished file raises."""


@dataclass(frozen=True, slots=True)
class PackedLog:
    """The unpacked bytes of a log.

    `consumed` tells how many packed bytes have been read so far, of `size` (None: not known, as of stdin).
    `plain` is the file's path where it is neither packed nor a pipe, so that it may be mapped into memory.
    """

    name: str
    stream: IO[bytes]
    consumed: Callable[[], int]
    size: int | None
    plain: Path | None = None


@contextmanager
def opened(name: str, member: str | None = None) -> Iterator[PackedLog]:
    """The log at the path `name`, or stdin for `-`; closed at the end.

    `member` is a pattern for the name of the wanted file in a zip archive that holds several.

    Raises:
        SettingsError: it cannot be opened, or the archive does not hold exactly one such file.
    """
    with ExitStack() as stack:
        try:
            log = _open(name, member, stack)
        except UNREADABLE as error:
            raise unreadable(name, error) from None
        yield log


def size_of(names: Sequence[str]) -> int | None:
    """Bytes of all the files as they are on disk; None if one of them is a pipe, or not there."""
    try:
        stats = [Path(name).stat() for name in names if name != STDIN]
    except OSError:
        return None
    regular = all(S_ISREG(stat.st_mode) for stat in stats) and STDIN not in names
    return sum(stat.st_size for stat in stats) if regular else None


def unreadable(name: str, error: BaseException) -> SettingsError:
    """The operator's error for a log that cannot be read, or not to its end."""
    reason = getattr(error, "strerror", None) or str(error) or "damaged"
    return SettingsError(f"{name}: want a readable log, got: {reason}")


def _open(name: str, member: str | None, stack: ExitStack) -> PackedLog:
    if name == STDIN:
        raw = sys.stdin.buffer
        head = raw.peek(4) if isinstance(raw, BufferedReader) else b""
        packed: IO[bytes] = gzip.GzipFile(fileobj=raw) if head.startswith(GZIP) else raw  # type: ignore[assignment]  # a GzipFile reads bytes
        return PackedLog("stdin", packed, lambda: 0, None)
    path = Path(name)
    file = stack.enter_context(path.open("rb"))
    size = path.stat().st_size
    head = file.peek(4)[:4]
    if head.startswith(ZIP):
        stream = stack.enter_context(_member(name, zipfile.ZipFile(file), member))
        return PackedLog(name, stream, file.tell, size)
    if head.startswith(GZIP):
        return PackedLog(name, stack.enter_context(gzip.open(file, "rb")), file.tell, size)  # type: ignore[arg-type]  # a GzipFile reads bytes
    return PackedLog(name, file, file.tell, size, path if path.is_file() else None)


def _member(name: str, archive: zipfile.ZipFile, wanted: str | None) -> IO[bytes]:
    names = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    fitting = [entry for entry in names if wanted is None or fnmatch(entry, wanted)]
    if len(fitting) != 1:
        which = "one file" if wanted is None else f"one file like {wanted}"
        raise SettingsError(f"{name}: want {which} in the archive, got {', '.join(sorted(names)) or 'none'}")
    return archive.open(fitting[0])
