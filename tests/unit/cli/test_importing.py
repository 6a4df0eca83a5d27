"""`tocsin import`, as an operator meets it."""

import gzip
import re
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from alerts.errors import SettingsError
from stream.cli.importing import command
from stream.importing.mapping_file.reader import parse, shipped

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
    assert "4 rows: 3 events, 1 row skipped, 1 bad" in result.stderr
    assert 'line 5: Date+Time: want a time like %d.%m.%Y %H:%M, got "02.03.2026 8 o\'clock"' in result.stderr


def test_bad_rows_fail_only_when_strict(own: Path) -> None:
    """With code 1: the events are written all the same."""
    arguments = (own / "surveys.yaml", own / "surveys.csv", "-o", own / "out.ndjson")
    assert run(*arguments).exit_code == 0
    assert run("--strict", *arguments).exit_code == 1
    assert len((own / "out.ndjson").read_bytes().splitlines()) == 3


def test_an_each_that_no_object_has_is_told(tmp_path: Path) -> None:
    """Mistyped, or a list within a list: nothing comes of the log, and nothing is bad."""
    fields = "at: {time: at}, channel: {constant: web}, id: answers.id"
    for each, said in (("answers", False), ("answer", True)):
        (tmp_path / "own.yaml").write_text(
            f"format: json\neach: {each}\nfields: {{{fields}}}\nevents: [{{}}]\n"
        )
        log = b'{"at": "2026-03-02T09:15:00Z", "answers": [{"id": "a"}]}\n'
        result = run(tmp_path / "own.yaml", "-", "-o", "-", stdin=log)
        assert ("no object has items at answer, which `each` names" in result.stderr) is said


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


@pytest.mark.parametrize("options", [(), ("--as-is",)])
def test_a_log_is_never_written_over_while_it_is_read(own: Path, options: tuple[str, ...]) -> None:
    """Nor is the mapping; by whatever name, and nothing is lost."""
    (own / "link").symlink_to(own / "surveys.csv")
    before = (own / "surveys.csv").read_bytes()
    for output in ("surveys.csv", "link", "surveys.yaml"):
        with pytest.raises(SettingsError, match="--output: want another file than the one that is read"):
            run(own / "surveys.yaml", own / "surveys.csv", "-o", own / output, *options)
    assert (own / "surveys.csv").read_bytes() == before


def test_no_room_for_a_copy_is_told_of_its_place(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not of the output, which was never begun."""
    monkeypatch.setattr("tempfile.tempdir", str(own / "no"))
    monkeypatch.setenv("TMPDIR", "/full")
    with pytest.raises(SettingsError, match=r"/full: want room for a copy of the log .*, got: No such file"):
        run(own / "surveys.yaml", own / "surveys.csv", "-o", own / "out.ndjson")
    assert not (own / "out.ndjson").exists()


def test_a_header_alone_is_checked_for_its_columns(own: Path) -> None:
    """An empty export of another survey is found out as well."""
    (own / "surveys.csv").write_text("Ref;Date;Time;Source;Client;Reason;Score\n")
    with pytest.raises(SettingsError, match=r"none called Rating \(there are: Ref, Date, Time, Source"):
        run(own / "surveys.yaml", own / "surveys.csv")


def test_refused_events_are_bad_rows(own: Path) -> None:
    """An import vouches for what the worker takes, with the column and what stands there."""
    text = (own / "surveys.csv").read_text().replace("Invoice;4", "Invoice;so so")
    (own / "surveys.csv").write_text(text)
    result = run(own / "surveys.yaml", own / "surveys.csv", "--strict")
    assert result.exit_code == 1
    assert "4 rows: 1 event, 1 row skipped, 2 bad\n" in result.stderr
    assert "1 × score_off_scale" in result.stderr
    assert "line 2: Rating (score): want a level of 1-5 (1 to 5), or words in English" in result.stderr
    assert 'got "so so"' in result.stderr


def test_rules_may_declare_another_scale(own: Path) -> None:
    """What the default scale does not have is sound under rules that say so."""
    text = (own / "surveys.csv").read_text().replace("Invoice;4", "Invoice;9")
    (own / "surveys.csv").write_text(text)
    (own / "rules.yaml").write_text(
        "indicators: {csat: {scale: 1-10}}\nrules: [{name: a, indicator: csat}]\n"
    )
    assert run(own / "surveys.yaml", own / "surveys.csv").stdout.count("csat") == 0
    assert (
        '"score":"9"' in run(own / "surveys.yaml", own / "surveys.csv", "--rules", own / "rules.yaml").stdout
    )


def test_a_time_zone_may_be_given(own: Path) -> None:
    """In place of the mapping's."""
    arguments = (own / "surveys.yaml", own / "surveys.csv", "--time-zone")
    assert "2026-03-02T14:15:00Z" in run(*arguments, "America/New_York").stdout
    with pytest.raises(SettingsError, match="--time-zone: EST means several zones"):
        run(*arguments, "EST")


def test_shipped_mappings_are_listed_and_shown() -> None:
    """With what each reads; a shown one is where one's own begins."""
    listed = run("--list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == shipped()
    assert all(len(line.split()) > 3 for line in listed)
    for name in shipped():
        assert parse(run("--show", name).stdout, name).shapes
    assert run().exit_code == 2
