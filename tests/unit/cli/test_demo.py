"""Where the demo keeps what it writes is looked at before anything is started."""

import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.errors import SettingsError
from stream.cli import tocsin


@pytest.mark.parametrize("place", ["/dev/null/x", "/proc"])
def test_a_directory_that_cannot_be_made_or_written_is_told(place: str) -> None:
    """Another's, a read-only one: that was a traceback."""
    found = CliRunner().invoke(tocsin, ["demo", "--keep", place])
    assert isinstance(found.exception, SettingsError)
    assert f"--keep {place}: want a directory that can be written, got: " in str(found.exception)


def test_a_machine_without_any_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is read-only throughout; the error names all places that were tried."""

    def nowhere(**_: object) -> Path:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", nowhere)
    found = CliRunner().invoke(tocsin, ["demo"])
    assert "TMPDIR: want a directory that can be written, got: No usable" in str(found.exception)
