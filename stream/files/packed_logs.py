"""Opens a log, whatever it is packed in: plain, gzip or zip, told apart by content, from a path or stdin.

Nothing is unpacked onto disk, and whatever is wrong with a file or archive is one kind of error: `OSError`
while it is read, a sentence for the operator when it is opened.
"""

import codecs
import gzip
import io
import lzma
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import IO, Final

from alerts.errors import SettingsError

STDIN: Final = "-"
BUFFER_BYTES: Final = 256 << 10
GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"
EMPTY_ZIP: Final = b"PK\x05\x06"

BROKEN: Final = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    RuntimeError, ValueError, KeyError, IndexError,
)  # fmt: skip
"""What Python's readers of archives raise at damage, encryption and methods that they do not know."""
UNREADABLE: Final = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged or vanished file raises: all the others come as OSError."""

OF_R: Final = "a file of R's objects: write the table as CSV (write.csv with row.names = FALSE)"
FOREIGN: Final = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: open it and save it as CSV UTF-8 (File, Save as)"),
    (b"PAR1", 'a Parquet file: write it as CSV or NDJSON, such as with `duckdb -c "COPY … TO …"`'),
    (b"Obj\x01", "an Avro file: write it as NDJSON, such as with `avro-tools tojson`"),
    (b"ORC", "an ORC file: write it as CSV or NDJSON, such as with `orc-contents`"),
    (b"ARROW1", 'an Arrow file: write it as CSV or NDJSON, such as with `duckdb -c "COPY … TO …"`'),
    (b"SQLite f", 'an SQLite database: write a table as CSV with `sqlite3 -csv -header FILE "SELECT …"`'),
    (b"\xff\xfe\0\0", "UTF-32: convert it with `iconv -f UTF-32 -t UTF-8 FILE | tocsin …  -`"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it with `zstd -dc FILE | tocsin …  -`"),
    (b"BZh", "a bzip2 file: unpack it with `bzip2 -dc FILE | tocsin …  -`"),
    (b"\x04\x22\x4d\x18", "an lz4 file: unpack it with `lz4 -dc FILE | tocsin …  -`"),
    (b"\x1f\x9d", "a file of compress: unpack it with `gzip -dc FILE | tocsin …  -`"),
    (b"\xfd7zXZ", "an xz file: unpack it with `xz -dc FILE | tocsin …  -`"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"\x5d\x00\x00", "an lzma file: unpack it with `lzma -dc FILE | tocsin …  -`"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"%PDF", "a PDF file: ask for the data as CSV"),
    (b"{\\rtf", "a text with its layout (RTF): save it as plain text"),
    (b"ID;PWXL", "a workbook in SYLK: open it and save it as CSV UTF-8 (File, Save as)"),
    (b"$FL2", "a data file of SPSS: save it as CSV (SAVE TRANSLATE /TYPE=CSV)"),
    (b"$FL3", "a data file of SPSS: save it as CSV (SAVE TRANSLATE /TYPE=CSV)"),
    (b"<stata", "a data file of Stata: write it as CSV (export delimited)"),
    (b"RDX2\n", OF_R),
    (b"RDX3\n", OF_R),
    (b"X\n\0\0", OF_R),
    (b"FEA1", 'a Feather file: write it as CSV or NDJSON, such as with `duckdb -c "COPY … TO …"`'),
)  # fmt: skip
"""Beginnings of files that people have, and what to do with them."""
LITTER: Final = re.compile(r"^__MACOSX/|(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini)$")
"""What systems leave in folders, and so in archives of them."""
TAR: Final = b"ustar"
TAR_AT: Final = 257
A_TAR: Final = "a tar archive: take one file out of it with `tar -xOf FILE MEMBER | tocsin …  -`"
ZIP_IN_PIPE: Final = "a zip archive in a pipe: name the file instead, or `unzip -p FILE | tocsin …  -`"
EXCEL: Final = (
    "an Excel workbook (.xlsx): open it and save it as CSV UTF-8 (File, Save as), or convert it with "
    "`libreoffice --convert-to csv FILE`"
)
NUMBERS: Final = "a workbook of Numbers: export it as CSV (File, Export To)"
OPEN_DOCUMENT: Final = "an OpenDocument spreadsheet: open it and save it as CSV (File, Save as)"


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


class _Readable(io.RawIOBase):
    """A stream whose faults are all OSErrors with a reason."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as RawIOBase is called
        """Some bytes, none at the end."""
        try:
            block = self._inner.read(len(buffer))
        except BROKEN as error:
            raise OSError(None, _reason(error)) from None
        buffer[: len(block)] = block
        return len(block)


@contextmanager
def opened(name: str, member: str | None = None) -> Iterator[PackedLog]:
    """The log at the path `name`, or stdin for `-`; closed at the end.

    `member` is a pattern for the name of the wanted file in a zip archive that holds several.

    Raises:
        SettingsError: it cannot be opened, or the archive does not hold exactly one such file.
    """
    with opened_all(name, member) as logs:
        yield next(logs)


@contextmanager
def opened_all(
    name: str, member: str | None = None, *, several: bool = False
) -> Iterator[Iterator[PackedLog]]:
    """The log, or where `several` may be, each of an archive's that is like `member`, in the order of names.

    Raises:
        SettingsError: it cannot be opened, or the archive does not hold such a file.
    """
    with ExitStack() as stack:
        try:
            logs = _open(name, member, stack, several=several)
        except BROKEN as error:
            raise unreadable(name, error) from None
        yield logs


def size_of(names: Sequence[str]) -> int | None:
    """Bytes of all the files as they are on disk; None if one of them is a pipe, or not there."""
    try:
        stats = [Path(name).stat() for name in names if name != STDIN]
    except (OSError, ValueError):
        return None
    regular = all(S_ISREG(stat.st_mode) for stat in stats) and STDIN not in names
    return sum(stat.st_size for stat in stats) if regular else None


def unreadable(name: str, error: BaseException) -> SettingsError:
    """The operator's error for a log that cannot be read, or not to its end."""
    return SettingsError(f"{name}: want a readable log, got: {_reason(error)}")


def _reason(error: BaseException) -> str:
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return "an archive that is encrypted: unpack it with its password first"
    if isinstance(error, NotImplementedError):
        return f"an archive packed in a way that is not known ({error}): pack it anew with `zip` or gzip"
    if isinstance(error, gzip.BadGzipFile):
        return f"gzip with something behind its end, or damaged ({error})"
    if isinstance(error, zipfile.BadZipFile | zlib.error):
        return f"an archive that is damaged, or not whole ({error})"
    return getattr(error, "strerror", None) or str(error) or "damaged"


def _open(name: str, member: str | None, stack: ExitStack, *, several: bool) -> Iterator[PackedLog]:
    if name == STDIN:
        return _piped("stdin", sys.stdin.buffer)
    path = Path(name)
    file = stack.enter_context(path.open("rb"))
    if not path.is_file():
        return _piped(name, file)
    head = file.peek(8)[:8]
    _refuse_foreign(name, head)
    size = path.stat().st_size
    if head.startswith((ZIP, EMPTY_ZIP)):
        return _members(name, file, member, size, several=several)
    stream = _unfolded(name, file)
    plain = path if stream is file else None
    return iter([PackedLog(name, stream, partial(_place, file, size), size, plain)])


def _piped(name: str, raw: IO[bytes]) -> Iterator[PackedLog]:
    """The log in a pipe, which has no size, nor tells how far it was read."""
    stream = raw
    if isinstance(raw, io.BufferedReader):
        head = raw.peek(8)[:8]
        _refuse_foreign(name, head)
        if head.startswith((ZIP, EMPTY_ZIP)):
            raise SettingsError(f"{name}: want CSV, NDJSON, or either in gzip, got {ZIP_IN_PIPE}")
        stream = _unfolded(name, raw)
    return iter([PackedLog(name, stream, lambda: 0, None)])


def _place(file: IO[bytes], size: int) -> int:
    """How far a file was read; to its end, if whoever read it has closed it."""
    return size if file.closed else file.tell()


def _unzipped(file: IO[bytes] | io.BufferedReader) -> io.BufferedReader:
    return io.BufferedReader(_Readable(gzip.GzipFile(fileobj=file)), BUFFER_BYTES)  # type: ignore[arg-type]  # reads bytes


def _unfolded(name: str, stream: io.BufferedReader) -> io.BufferedReader:
    """What is in gzip, which may be in gzip again, or the stream itself."""
    for _ in range(MOST_FOLDS):
        if not stream.peek(2).startswith(GZIP):
            break
        stream = _unzipped(stream)
        _refuse_foreign(name, stream.peek(8)[:8])
    if stream.peek(TAR_AT + len(TAR))[TAR_AT:].startswith(TAR):
        raise SettingsError(f"{name}: want CSV, NDJSON, or either in gzip or zip, got {A_TAR}")
    return stream


def mark_of(log: PackedLog) -> int:
    """How many bytes of a log of events are the mark with which Windows begins UTF-8.

    Raises:
        SettingsError: it is UTF-16 or UTF-32, which Windows writes as well, or the lines of an old Mac.
    """
    head = log.stream.peek(4) if isinstance(log.stream, io.BufferedReader) else b""
    for wide, starts in WIDE.items():
        if head.startswith(starts):
            way_out = f"convert it with `iconv -f {wide} -t UTF-8 FILE | tocsin …  -`"
            raise SettingsError(f"{log.name}: want NDJSON in UTF-8, got {wide}: {way_out}")
    if OLD_MAC in head and b"\n" not in head:
        way_out = r"convert it with `tr '\r' '\n' <FILE | tocsin …  -`"
        raise SettingsError(rf"{log.name}: want lines that end with \n, got \r alone: {way_out}")
    return len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0


WIDE: Final = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, *map('{"'.encode, ("utf-32-le", "utf-32-be"))),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, *map('{"'.encode, ("utf-16-le", "utf-16-be"))),
}
"""Beginnings of text whose characters have more bytes than one; the wider one first, as it begins alike."""
OLD_MAC: Final = b"}\r{"
MOST_FOLDS: Final = 2


def _refuse_foreign(name: str, head: bytes) -> None:
    for start, what in FOREIGN:
        if head.startswith(start):
            raise SettingsError(f"{name}: want CSV, NDJSON, or either in gzip or zip, got {what}")


def _members(
    name: str, file: IO[bytes], wanted: str | None, size: int, *, several: bool
) -> Iterator[PackedLog]:
    archive = zipfile.ZipFile(file)
    names = [
        info.filename for info in archive.infolist() if not info.is_dir() and not LITTER.search(info.filename)
    ]
    if "[Content_Types].xml" in names and any(entry.startswith("xl/") for entry in names):
        raise SettingsError(f"{name}: want CSV or NDJSON, got {EXCEL}")
    if "mimetype" in names and "content.xml" in names:
        raise SettingsError(f"{name}: want CSV or NDJSON, got {OPEN_DOCUMENT}")
    if "Index/Document.iwa" in names:
        raise SettingsError(f"{name}: want CSV or NDJSON, got {NUMBERS}")
    fitting = sorted(entry for entry in names if wanted is None or fnmatch(entry, wanted))
    if not fitting or (len(fitting) > 1 and not several):
        which = "one file" if wanted is None else f"one file like {wanted}"
        shown = ", ".join(sorted(names)[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        way_out = " (`member` or `members` in the mapping says which)" if wanted is None and names else ""
        raise SettingsError(f"{name}: want {which} in the archive, got {shown or 'none'}{way_out}")
    return _each(name, archive, fitting, file, size)


SHOWN: Final = 20
"""Names of files in an archive that a message lists."""


def _each(
    name: str, archive: zipfile.ZipFile, entries: Sequence[str], file: IO[bytes], size: int
) -> Iterator[PackedLog]:
    """Each file of an archive, opened when it is its turn; one that is gzip itself is unpacked again."""
    for entry in entries:
        own = name if len(entries) == 1 else f"{name}:{entry}"
        try:
            inner = archive.open(entry)
            stream: io.BufferedReader = io.BufferedReader(_Readable(inner), BUFFER_BYTES)
            if stream.peek(2)[:2] == GZIP:
                stream = _unzipped(stream)
        except BROKEN as error:
            raise unreadable(own, error) from None
        with stream:
            yield PackedLog(own, stream, partial(_place, file, size), size)
