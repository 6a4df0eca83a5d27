"""`tocsin backtest` and `tocsin diff`, as an operator meets them."""

import gzip
import os
from pathlib import Path
from threading import Thread

import orjson
import pytest
from click import Command
from click.testing import CliRunner, Result

from alerts.errors import SettingsError
from stream.cli.backtest import command as backtest
from stream.cli.diff import command as diff

START_S = 1_767_225_600
RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 10m, warning: LIMIT, min_answers: 5, confidence: 0}
"""
FIRED = "00:00:50  warning   low  phone"


def answers() -> list[bytes]:
    """Two good answers, then ten bad ones and twenty good ones by phone, every 10 s."""
    scores = [1] * 10 + [5] * 20
    return [
        orjson.dumps(
            {
                "id": f"{place}",
                "at": START_S + 10 * place,
                "channel": "phone",
                "indicator": "csat",
                "score": score,
            }
        )
        for place, score in enumerate(scores)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Events and two rules files."""
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(answers()))
    (tmp_path / "old.yaml").write_text(RULES.replace("LIMIT", "50"))
    (tmp_path / "new.yaml").write_text(RULES.replace("LIMIT", "60"))
    return tmp_path


def run(command: Command, *arguments: str | Path, stdin: bytes | None = None) -> Result:
    """`tocsin COMMAND ARGUMENTS`; operators' mistakes are raised."""
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, words, input=stdin, catch_exceptions=False)


def test_the_timeline_is_for_people(folder: Path) -> None:
    """What fired, a summary, and what became of the events."""
    result = run(backtest, "--rules", folder / "old.yaml", "--events", folder / "events.ndjson")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == ["Thursday 1 January 2026", FIRED]
    assert lines[3] == "          Resolved 00:03:20, after 2 min 30 s; 2 notices."
    assert lines[-1] == "30 events read, the last of 2026-01-01 00:04:50: 30 accepted"


def test_json_is_what_goes_to_the_topic(folder: Path) -> None:
    """Nothing but transitions on stdout, in their order."""
    result = run(backtest, "--rules", folder / "old.yaml", "--events", folder / "events.ndjson", "--json")
    found = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert [(each["state"], each["seq"], each["at"]) for each in found] == [
        ("firing", 1, "2026-01-01T00:00:50Z"),
        ("resolved", 2, "2026-01-01T00:03:20Z"),
    ]
    assert "30 accepted" in result.stderr


def test_events_come_from_several_files_packed_or_from_stdin(folder: Path) -> None:
    """Merged by event time; further names may follow the first."""
    lines = answers()
    (folder / "a.gz").write_bytes(gzip.compress(b"\n".join(lines[::3])))
    (folder / "b.ndjson").write_bytes(b"\n".join(lines[1::3]))
    result = run(
        backtest, "--rules", folder / "old.yaml", "--events", folder / "a.gz", folder / "b.ndjson", "-",
        stdin=b"\n".join(lines[2::3]),
    )  # fmt: skip
    assert FIRED in result.stdout
    assert "30 accepted" in result.stdout


def test_every_reading_is_explained(folder: Path) -> None:
    """With verdict, state and reason; only of the rule and scope that are asked for."""
    arguments = ("--rules", folder / "old.yaml", "--events", folder / "events.ndjson", "--explain")
    text = run(backtest, *arguments, "--rule", "low", "--scope", "channel=phone").stdout
    assert len(text.splitlines()) >= 30
    assert "breach -> firing" in text
    assert run(backtest, *arguments, "--scope", "channel=chat").stdout == ""
    explained = [orjson.loads(line) for line in run(backtest, *arguments, "--json").stdout.splitlines()]
    assert explained[0]["verdict"] == "insufficient"
    assert explained[0]["state"] == "inactive"


def test_a_report_adds_up_periods(folder: Path) -> None:
    """All indicators, and the whole at the end."""
    arguments = ("--rules", folder / "old.yaml", "--events", folder / "events.ndjson")
    text = run(backtest, *arguments, "--report", "2m", "--time-zone", "Asia/Jerusalem").stdout
    assert "2026-01-01 02:02  phone         0  100.0 % (12)" in text
    assert "in all            phone         0   66.7 % (30)" in text


def test_rejected_lines_are_told(folder: Path) -> None:
    """By reason, and the first of them by file and line."""
    (folder / "bad.ndjson").write_bytes(b"{\n" + answers()[0])
    result = run(backtest, "--rules", folder / "old.yaml", "--events", folder / "bad.ndjson")
    assert result.exit_code == 0
    assert "2 events read" in result.stdout
    assert "  1 × not_json" in result.stdout
    assert f"  {folder / 'bad.ndjson'}:1: value: want JSON" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--events: want files of events, or --broker to read the topics, got neither"),
        (["--events", "absent"], "absent: want a readable log, got: No such file or directory"),
        (["--events", "-", "-"], "--events: want - at most once"),
        (["--report", "1w", "--explain"], "--report: has no meaning with --explain"),
        (["--csv"], "--csv: want --report as well, which says of what periods"),
        (["--report", "1w", "--csv", "--json"], "--csv: has no meaning with --json"),
        (
            ["--report", "1s"],
            '--report: want month, quarter or a period of a minute or more such as 1w, got "1s"',
        ),
        (
            ["--report", "weekly"],
            '--report: want month, quarter or a period of a minute or more such as 1w, got "weekly"',
        ),
        (
            ["--report", "999999w"],
            '--report: want month, quarter or a duration of at most 10y, got "999999w"',
        ),
        (["--time-zone", "Mars"], '--time-zone: want a name such as Europe/Paris, got "Mars"'),
        (["--rule", "lwo"], '--rule: want one of low, got "lwo"'),
    ],
)
def test_mistakes_say_what_was_wanted(folder: Path, options: list[str], message: str) -> None:
    """And which option is wrong."""
    with pytest.raises(SettingsError) as caught:
        run(backtest, "--rules", folder / "old.yaml", *options)
    assert str(caught.value) == message


def test_diff_tells_what_moves(folder: Path) -> None:
    """The new limit keeps the alert open for longer, and fires no earlier; so nothing changed."""
    arguments = (folder / "old.yaml", folder / "new.yaml", "--events", folder / "events.ndjson")
    result = run(diff, *arguments, "--fail-if", "any")
    assert (result.exit_code, result.stdout) == (0, "1 alert: 1 the same\n")


def test_diff_fails_if_told_to(folder: Path) -> None:
    """With code 1, when a change is one of those."""
    (folder / "late.yaml").write_text(
        RULES.replace("LIMIT", "50").replace("min_answers: 5", "min_answers: 8")
    )
    arguments = (folder / "old.yaml", folder / "late.yaml", folder / "events.ndjson")
    result = run(diff, *arguments, "--fail-if", "new,vanished")
    assert result.exit_code == 0
    assert "> later  2026-01-01 00:01:20  low  phone  by 30 s, was 00:00:50" in result.stdout
    result = run(diff, *arguments, "--fail-if", "later", "--json")
    assert result.exit_code == 1
    (changed,) = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert (changed["changes"], changed["later_s"]) == (["later"], 30)
    assert changed["old"]["fired_at"] == "2026-01-01T00:00:50Z"


def test_diff_counts_what_appears_and_vanishes(folder: Path) -> None:
    """An empty set of rules has no alerts."""
    (folder / "none.yaml").write_text("rules: []\n")
    arguments = ("--events", folder / "events.ndjson")
    assert "- vanished" in run(diff, folder / "old.yaml", folder / "none.yaml", *arguments).stdout
    appeared = run(diff, folder / "none.yaml", folder / "old.yaml", *arguments, "--json").stdout
    assert orjson.loads(appeared)["old"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--events: want files of events, got none"),
        (
            ["--fail-if", "worse"],
            '--fail-if: want one of new, vanished, earlier, later, louder, quieter, any, got "worse"',
        ),
    ],
)
def test_mistakes_of_diff_say_what_was_wanted(folder: Path, options: list[str], message: str) -> None:
    """As those of every command."""
    with pytest.raises(SettingsError) as caught:
        run(diff, folder / "old.yaml", folder / "new.yaml", *options)
    assert str(caught.value) == message


def test_diff_says_what_became_of_the_events(folder: Path) -> None:
    """Beside the alerts, as no alert may mean no event."""
    (folder / "bad.ndjson").write_bytes(b"{\nnothing\n" + answers()[0])
    result = run(diff, folder / "old.yaml", folder / "new.yaml", folder / "bad.ndjson")
    assert result.stdout == "0 alerts: 0 the same\n"
    assert "3 events read, the last of 2026-01-01 00:00:00: 1 accepted, 2 rejected\n" in result.stderr
    assert "  2 × not_json\n" in result.stderr


@pytest.mark.parametrize("mode", [[], ["--json"], ["--explain"], ["--report", "1w", "--csv"]])
def test_a_log_of_which_all_is_refused_is_a_mistake(folder: Path, mode: list[str]) -> None:
    """As `import` has it: exit code 2, after all that is said of it; a log with nothing in it is none."""
    (folder / "bad.ndjson").write_text("{\nnothing\n")
    (folder / "empty.ndjson").write_text("\n")
    with pytest.raises(SettingsError, match=r"bad\.ndjson: want an event that can be used, got none in 2"):
        run(backtest, "--rules", folder / "old.yaml", *mode, folder / "bad.ndjson")
    assert run(backtest, "--rules", folder / "old.yaml", *mode, folder / "empty.ndjson").exit_code == 0


def test_a_diff_of_which_all_is_refused_is_a_mistake(folder: Path) -> None:
    """Nothing changed, but nothing was judged either."""
    (folder / "bad.ndjson").write_text("{\n")
    with pytest.raises(SettingsError, match="and 1 more: want an event that can be used, got none in 2"):
        run(diff, folder / "old.yaml", folder / "new.yaml", folder / "bad.ndjson", folder / "bad.ndjson")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_may_have_a_name(folder: Path) -> None:
    """As `<(zcat …)` makes one."""
    os.mkfifo(folder / "pipe")
    writer = Thread(target=(folder / "pipe").write_bytes, args=(b"\n".join(answers()),))
    writer.start()
    result = run(backtest, "--rules", folder / "old.yaml", folder / "pipe")
    writer.join()
    assert "30 events read" in result.stdout
