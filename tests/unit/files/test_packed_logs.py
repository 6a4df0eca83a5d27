"""Logs: whatever they are packed in."""

import gzip
import zipfile
from pathlib import Path

import pytest

from alerts.errors import SettingsError
from stream.files.packed_logs import opened, size_of


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
    path = archive(tmp_path / "a.zip", {"logs/": b"", "logs/x.csv": b"x", "__MACOSX/logs/._x.csv": b"?"})
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
