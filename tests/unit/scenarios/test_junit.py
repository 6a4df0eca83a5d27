"""stream.scenarios.junit: results for CI servers."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from alerts.errors import SettingsError
from stream.scenarios.junit import Case, write


def test_cases_are_written_as_one_suite(tmp_path: Path) -> None:
    """With counts, failures as text, and nothing that XML cannot hold."""
    path = tmp_path / "out.xml"
    write(path, [Case("a.yaml", "low channel=phone", None), Case("b.yaml", "x\x00", "step 1\nstep 2")])
    suite = ET.parse(path).getroot()[0]  # noqa: S314  # written two lines up
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["low channel=phone", "x\ufffd"]
    failure = suite[1][0]
    assert (failure.get("message"), failure.text) == ("step 1", "step 1\nstep 2")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With what the system said."""
    with pytest.raises(SettingsError, match="want a file that can be written, got: Is a directory"):
        write(tmp_path, [])
