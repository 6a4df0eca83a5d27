"""`tocsin test`, as an operator meets it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.test import command

GOOD = """
rule: {indicator: csat, window: 5m, critical: 70}
step: 5m
csat: "90 60"
expect: "inactive firing"
"""
BAD = GOOD.replace("inactive firing", "firing inactive")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a scenario that passes, one that fails and one that is wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "wrong.yaml").write_text("step: 5x")
    return tmp_path


def run(*arguments: str) -> Result:
    """`tocsin test ARGUMENTS`."""
    return CliRunner().invoke(command, arguments)


@pytest.mark.usefixtures("folder")
def test_what_passes_says_so() -> None:
    """A line per rule and scope, exit 0."""
    result = run("good.yaml")
    assert result.exit_code == 0
    assert result.output == "PASS good.yaml: rule channel=phone: 2 as expected\n1 passed, 0 failed\n"


@pytest.mark.usefixtures("folder")
def test_what_fails_shows_each_difference() -> None:
    """Step, wanted, got, and the reading behind it; exit 1."""
    result = run("good.yaml", "bad.yaml")
    assert result.exit_code == 1
    assert "FAIL bad.yaml: rule channel=phone\n" in result.output
    assert "  step 1 (2026-01-05T00:05:00Z): want firing, got inactive (90, 87.98 to 91.71, n 1000)\n" in (
        result.output
    )
    assert "1 passed, 1 failed\n" in result.output


def test_wrong_files_end_with_2_and_the_others_still_run(folder: Path) -> None:
    """The message has its place; JUnit counts the file as a failure."""
    result = run("wrong.yaml", "absent.yaml", "good.yaml", "--junit", "out.xml")
    assert result.exit_code == 2
    assert 'wrong.yaml:1:7: step: want a duration such as "30m", got "5x"' in result.stderr
    assert "absent.yaml: want a file that can be read" in result.stderr
    assert "1 passed, 2 failed\n" in result.stdout
    assert 'tests="3" failures="2"' in (folder / "out.xml").read_text()


def test_scenarios_of_events_name_the_time(folder: Path) -> None:
    """Or that it went wrong at some time; without answers there is no score to show."""
    (folder / "events.yaml").write_text("""
rule: {indicator: csat, window: 5m, critical: 70, confidence: 0, min_answers: 1}
events: [{at: 2026-01-05T10:00:00Z, channel: phone, indicator: csat, score: 1}]
expect:
  - {at: 2026-01-05T10:06:00Z, scope: {channel: phone}, state: firing}
  - {scope: {channel: phone}, state: inactive}
  - {at: 2026-01-05T10:06:00Z, scope: {channel: chat}, state: firing}
""")
    output = run("events.yaml").output
    assert "  at some time: want inactive, got firing:critical (0, 0 to 79.35, n 1)\n" in output
    assert "  2026-01-05T10:06:00Z: want firing, got stale:critical (n 0)\n" in output
    assert "  2026-01-05T10:06:00Z: want firing, got inactive\n" in output


def test_a_long_list_of_differences_is_cut(folder: Path) -> None:
    """Twenty are enough to see what is wrong."""
    text = GOOD.replace("90 60", "90*30").replace("inactive firing", "firing*30")
    (folder / "long.yaml").write_text(text)
    assert "  and 10 more\n" in run("long.yaml").output
