"""`tocsin import`, as an operator meets it."""

import gzip
import re
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from alerts.errors import SettingsError
from stream.cli.importing import command

README = (Path(__file__).parents[3] / "docs" / "events.md").read_text()


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    """`tocsin import ARGUMENTS`; operators' mistakes are raised."""
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, words, input=stdin, catch_exceptions=False)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The documented mapping file for a CSV of one's own, with the CSV beside it."""
    section = README[README.index("## Import your own CSV") :]
    blocks = re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)
    mapping = next(text for kind, text in blocks if kind == "yaml")
    log = next(text for kind, text in blocks if kind == "csv")
    (tmp_path / "surveys.yaml").write_text(mapping)
    (tmp_path / "surveys.csv").write_text(log)
    return tmp_path


def test_a_csv_of_ones_own_needs_no_more_than_a_mapping_file(own: Path) -> None:
    """The example of the documents, word for word."""
    result = run(own / "surveys.yaml", own / "surveys.csv", "-o", "-")
    assert result.exit_code == 0
    events = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert [
        (event["at"], event["channel"], event.get("indicator"), event.get("score")) for event in events
    ] == [
        ("2026-03-02T08:15:00Z", "phone", None, None),
        ("2026-03-02T08:15:00Z", "phone", "csat", "4"),
        ("2026-03-02T08:21:00Z", "chat", None, None),
    ]
    assert "4 rows: 3 events, 1 rows skipped, 1 bad" in result.stderr
    assert 'line 5: Date+Time: want a time like %d.%m.%Y %H:%M, got "02.03.2026 8 o\'clock"' in result.stderr


def test_bad_rows_fail_only_when_strict(own: Path) -> None:
    """With code 1: the events are written all the same."""
    arguments = (own / "surveys.yaml", own / "surveys.csv", "-o", own / "out.ndjson")
    assert run(*arguments).exit_code == 0
    assert run("--strict", *arguments).exit_code == 1
    assert len((own / "out.ndjson").read_bytes().splitlines()) == 3


def test_events_leave_by_event_time_unless_as_is(own: Path) -> None:
    """So that a log goes to Kafka without being late."""
    lines = (own / "surveys.csv").read_text().splitlines()
    (own / "surveys.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]))
    arguments = (own / "surveys.yaml", own / "surveys.csv", "-o", "-")
    ordered = [orjson.loads(line)["at"] for line in run(*arguments).stdout.splitlines()]
    assert ordered == sorted(ordered)
    as_is = [orjson.loads(line)["at"] for line in run("--as-is", *arguments).stdout.splitlines()]
    assert as_is == sorted(as_is, reverse=True)


def test_logs_come_from_stdin_and_go_packed(own: Path) -> None:
    """`-` reads, `.gz` packs."""
    out = own / "out.ndjson.gz"
    result = run(own / "surveys.yaml", "-", "-o", out, stdin=(own / "surveys.csv").read_bytes())
    assert result.exit_code == 0
    assert len(gzip.decompress(out.read_bytes()).splitlines()) == 3


def test_a_mapping_that_makes_nothing_of_a_log_is_a_mistake(own: Path) -> None:
    """Every row is bad: the mapping is for another log."""
    text = (own / "surveys.csv").read_text().replace("02.03.2026", "2026-03-02")
    (own / "surveys.csv").write_text(text)
    with pytest.raises(SettingsError, match="want rows that the mapping makes events of, got none in 4"):
        run(own / "surveys.yaml", own / "surveys.csv", "-o", own / "out.ndjson")


def test_a_file_that_cannot_be_written_is_a_mistake(own: Path) -> None:
    """The message names the option."""
    with pytest.raises(SettingsError, match=r"--output: want a file that can be written, got .*No such file"):
        run(own / "surveys.yaml", own / "surveys.csv", "-o", own / "no" / "out.ndjson")
