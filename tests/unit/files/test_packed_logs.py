"""Logs: whatever they are packed in."""

import contextlib
import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.errors import SettingsError
from stream.files.packed_logs import opened, opened_all, size_of


def content(name: str | Path, member: str | None = None) -> bytes:
    """All of a log."""
    with opened(str(name), member) as log:
        return log.stream.read()


def archive(path: Path, members: dict[str, bytes]) -> Path:
    """A zip archive."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, inside in members.items():
            packed.writestr(name, inside)
    return path


def test_packing_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    """A .log may be gzip, a .gz may be plain."""
    (tmp_path / "a.log").write_bytes(gzip.compress(b"one\n"))
    (tmp_path / "b.gz").write_bytes(b"two\n")
    assert content(tmp_path / "a.log") == b"one\n"
    assert content(tmp_path / "b.gz") == b"two\n"


def test_only_plain_files_can_be_mapped(tmp_path: Path) -> None:
    """A packed log has no place where its lines stand."""
    (tmp_path / "a").write_bytes(gzip.compress(b"one\n"))
    (tmp_path / "b").write_bytes(b"two\n")
    with opened(str(tmp_path / "a")) as log:
        assert log.plain is None
    with opened(str(tmp_path / "b")) as log:
        assert log.plain == tmp_path / "b"


def test_the_only_file_of_an_archive_is_the_log(tmp_path: Path) -> None:
    """Folders and what macOS adds do not count."""
    path = archive(
        tmp_path / "a.zip",
        {"logs/": b"", "logs/x.csv": b"x", "__MACOSX/logs/._x.csv": b"?", "logs/.DS_Store": b"?"},
    )
    assert content(path) == b"x"


def test_of_several_files_one_must_be_named(tmp_path: Path) -> None:
    """The message lists them."""
    path = archive(tmp_path / "a.zip", {"x.csv": b"x", "y.csv": b"y"})
    assert content(path, "y*") == b"y"
    with pytest.raises(SettingsError, match=r"want one file in the archive, got x\.csv, y\.csv"):
        content(path)
    with pytest.raises(SettingsError, match=r"want one file like z\* in the archive"):
        content(path, "z*")


def test_what_cannot_be_opened_is_the_operators_mistake(tmp_path: Path) -> None:
    """No such file, a folder, a broken archive."""
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing")
    for name in ("absent", ".", "broken.zip"):
        with pytest.raises(SettingsError, match="want a readable log, got"):
            content(tmp_path / name)


def test_consumed_counts_packed_bytes(tmp_path: Path) -> None:
    """So progress can be told against the size on disk."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"x" * 100_000))
    with opened(str(path)) as log:
        log.stream.read()
        assert log.consumed() == log.size == size_of([str(path)])


def test_pipes_have_no_size() -> None:
    """Nor has what is not there."""
    assert size_of(["-"]) is None
    assert size_of(["no-such-file"]) is None


def encrypted(path: Path) -> Path:
    """An archive whose file is marked as encrypted."""
    data = bytearray(archive(path, {"x.csv": b"a,b\n1,2\n"}).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    return path


def with_method(path: Path, method: int) -> Path:
    """An archive that says it is packed by some method."""
    data = bytearray(archive(path, {"x.csv": b"a,b\n1,2\n"}).read_bytes())
    for signature, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(signature) + place
        data[at : at + 2] = method.to_bytes(2, "little")
    path.write_bytes(data)
    return path


def test_an_encrypted_archive_is_a_mistake(tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(SettingsError, match="an archive that is encrypted: unpack it with its password"):
        content(encrypted(tmp_path / "a.zip"))


@pytest.mark.parametrize("method", range(100))
def test_every_way_of_packing_is_read_or_refused(tmp_path: Path, method: int) -> None:
    """Those that are not known have a sentence, those that do not fit the content are damage."""
    try:
        assert content(with_method(tmp_path / "a.zip", method)) in {b"a,b\n1,2\n", b""}
    except (SettingsError, OSError) as error:
        assert str(error)  # noqa: PT017  # either a sentence or damage


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_archive_ends_in_an_error_of_the_system(tmp_path: Path, method: int) -> None:
    """As any file that cannot be read, whatever Python's reader raises; a thousand damages."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as packed:
        packed.writestr("x.csv", b"a,b\n" + b"1,2\n" * 500)
    dice = random.Random(7)
    for _ in range(300):
        data = bytearray(whole.getvalue())
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path = tmp_path / "a.zip"
        path.write_bytes(data[: dice.choice([len(data), dice.randrange(len(data))])])
        with contextlib.suppress(SettingsError, OSError):
            content(path)


def test_files_of_an_archive_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Where several are wanted; those that are gzip themselves are unpacked."""
    path = archive(tmp_path / "a.zip", {"b.json.gz": gzip.compress(b"2"), "a.json": b"1", "c.txt": b"3"})
    with opened_all(str(path), "*.json*", several=True) as logs:
        assert [(log.name.rpartition(":")[2], log.stream.read()) for log in logs] == [
            ("a.json", b"1"), ("b.json.gz", b"2"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\xd0\xcf\x11\xe0", "Excel"),
        (b"PAR1", "Parquet"),
        (b"%PDF-1", "PDF"),
        (b"BZh9", "bzip2"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ],
)
def test_other_kinds_of_file_are_known_by_name(tmp_path: Path, start: bytes, what: str) -> None:
    """And what to do with them."""
    path = tmp_path / "a"
    path.write_bytes(start + b"\0" * 100)
    with pytest.raises(SettingsError, match=f"got an? .*{what}"):
        content(path)


def test_other_kinds_of_file_are_known_within_gzip(tmp_path: Path) -> None:
    """As somebody packed who packs everything."""
    (tmp_path / "a").write_bytes(gzip.compress(b"BZh9" + b"\0" * 100))
    with pytest.raises(SettingsError, match="got a bzip2 file"):
        content(tmp_path / "a")


def test_an_archive_in_a_pipe_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it is told at its end, which a pipe cannot be asked for first."""
    packed = archive(tmp_path / "a.zip", {"a": b"1"}).read_bytes()
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(packed)))
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(SettingsError, match=r"stdin: want .*, got a zip archive in a pipe: name the file"):
        content("-")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_tar_archive_is_known_by_name(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Packed or not; its first line is no event, and its last one neither."""
    with tarfile.open(tmp_path / "t", "w") as made:
        made.addfile(tarfile.TarInfo("events.ndjson"))
    (tmp_path / "a").write_bytes(pack((tmp_path / "t").read_bytes()))
    with pytest.raises(SettingsError, match=r"got a tar archive: take one file out of it with `tar"):
        content(tmp_path / "a")


def test_a_workbook_is_known_by_name(tmp_path: Path) -> None:
    """It is a zip archive, but not one of logs."""
    path = archive(tmp_path / "a.xlsx", {"[Content_Types].xml": b"", "xl/workbook.xml": b""})
    with pytest.raises(SettingsError, match=r"an Excel workbook \(.xlsx\): open it and save it as CSV UTF-8"):
        content(path)
