"""stream.files.rule_files: files on disk."""

from pathlib import Path

import pytest

from alerts.errors import RulebookError, SettingsError
from stream.files import rule_files as rulefile


def test_the_starter_rules_are_sound() -> None:
    """Whoever gives no rules gets these."""
    assert {rule.indicator for rule in rulefile.starter().rules} >= {"csat", "ces", "nps", "fcr"}


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "r.yaml"
    path.write_bytes(b"\xef\xbb\xbfrules: []")
    assert rulefile.load(path).rules == ()


def test_a_file_that_is_absent_or_a_folder_is_named(tmp_path: Path) -> None:
    """With what was wanted and what the system said."""
    with pytest.raises(SettingsError, match=r"none\.yaml: want a file that can be read, got: No such file"):
        rulefile.load(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="Is a directory"):
        rulefile.load(tmp_path)


def test_other_encodings_are_refused_with_their_place(tmp_path: Path) -> None:
    """Rules are UTF-8."""
    path = tmp_path / "r.yaml"
    path.write_bytes("rules: []\n# café".encode("latin-1"))
    with pytest.raises(RulebookError, match=r"r\.yaml:2:6: want UTF-8 text, got byte 0xe9: save it as UTF-8"):
        rulefile.load(path)
    path.write_bytes("rules: []".encode("utf-16"))
    with pytest.raises(RulebookError, match=r"r\.yaml:1:1: want UTF-8 text, got UTF-16: save it as UTF-8"):
        rulefile.load(path)


def test_what_never_ends_is_refused() -> None:
    """A device in the place of a file; no more of it is read than a file may have."""
    with pytest.raises(SettingsError, match="/dev/zero: want at most 16 MiB, got more"):
        rulefile.load("/dev/zero")
