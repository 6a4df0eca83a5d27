"""Mapping files: what they say, and every mistake with its place."""

from pathlib import Path

import pytest

from alerts.errors import RulebookError, SettingsError
from stream.importing.cells.columns import Column
from stream.importing.cells.times import Time
from stream.importing.mapping_file.reader import load, parse, shipped

LEAST = """
fields:
  id: call
  at: {time: when}
  channel: {constant: phone}
"""


def problems(text: str) -> list[str]:
    """The messages about a wrong file."""
    with pytest.raises(RulebookError) as caught:
        parse(text, "m.yaml")
    return str(caught.value).splitlines()


def test_a_file_needs_no_more_than_three_fields() -> None:
    """Without events and conditions every row is an event."""
    mapping = parse(LEAST, "m.yaml")
    assert len(mapping.shapes) == 1
    assert mapping.shapes[0].when == ()
    assert mapping.columns == {"call", "when"}


def test_shipped_mappings_are_sound() -> None:
    """Every mapping in the package reads without a mistake."""
    assert len(shipped()) == 12
    for name in shipped():
        assert load(name).shapes


def test_a_path_is_a_mapping_too(tmp_path: Path) -> None:
    """What is no shipped name is taken for a file."""
    path = tmp_path / "own.yaml"
    path.write_text(LEAST)
    assert load(str(path)).columns == {"call", "when"}


def test_neither_name_nor_file_is_an_operator_error() -> None:
    """The message names the shipped mappings."""
    with pytest.raises(SettingsError, match=r"want one of amazon.*, zendesk-tickets, or a mapping file"):
        load("no-such-kind")


def test_quoted_words_are_columns_as_well() -> None:
    """Column names with spaces or digits are quoted in YAML."""
    mapping = parse(LEAST.replace("id: call", 'id: "1"'), "m.yaml")
    source = mapping.shapes[0].fields["id"]
    assert isinstance(source, Column)
    assert source.column == "1"


def test_an_event_overrides_the_common_fields() -> None:
    """Fields of the file are shared by its events; an event's own win."""
    mapping = parse(LEAST + 'events:\n  - fields: {at: {time: end, format: "%Y%m%d"}}\n', "m.yaml")
    at = mapping.shapes[0].fields["at"]
    assert isinstance(at, Time)
    assert (at.columns, at.pattern) == (("end",), "%Y%m%d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "m.yaml:1:1: want a mapping of columns to fields, got a list"),
        ("fields: {id: a}\n", "m.yaml:1:9: fields: missing at, channel: every event has id, at and channel"),
        (LEAST + "formt: csv\n", 'm.yaml:6:1: formt: unknown field "formt" (did you mean "format"?)'),
        (LEAST + "format: xls\n", 'm.yaml:6:9: format: want one of csv, tsv, ndjson, json, any, got "xls"'),
        (
            LEAST + "format: tsv\ndelimiter: ';'\n",
            "m.yaml:7:1: delimiter: has no meaning where the format is tsv",
        ),
        (
            LEAST + "format: ndjson\ncolumns: [a]\n",
            "m.yaml:7:1: columns: has no meaning where the format is ndjson: its objects name their fields",
        ),
        (
            LEAST + "delimiter: ab\n",
            'm.yaml:6:12: delimiter: want one character, no quotation mark or line break, got "ab"',
        ),
        (
            LEAST + "delimiter: '\"'\n",
            "m.yaml:6:12: delimiter: want one character, no quotation mark or line",
        ),
        (LEAST + "encoding: rot13\n", 'encoding: want an encoding such as utf-8 or latin-1, got "rot13"'),
        (LEAST + "encoding: punycode\n", 'encoding such as utf-8 or latin-1, got "punycode"'),
        (
            LEAST.replace("id: call", 'id: {column: call, pattern: "(a|b)-([0-9]+)"}'),
            "id.pattern: want a pattern with one group, which is cut out, and (?:…) around anything else",
        ),
        (
            LEAST + "encoding: klingon\n",
            'm.yaml:6:11: encoding: want an encoding such as utf-8 or latin-1, got "klingon"',
        ),
        (
            LEAST + "time_zone: Mars\n",
            'm.yaml:6:12: time_zone: want a time zone such as Europe/Paris or +02:00, got "Mars"',
        ),
        (
            LEAST + "  wait_s: wait\n",
            "m.yaml:6:11: fields.wait_s: want {seconds: …} or {number: …} for wait_s",
        ),
        (LEAST + "  consent: ok\n", "m.yaml:6:12: fields.consent: want {flag: …} for consent"),
        (LEAST + "  opened_at: o\n", "m.yaml:6:14: fields.opened_at: want {time: …} for opened_at"),
        (LEAST + "  score: {flag: s}\n", "fields.score: want {number: …} or a column of answers for score"),
        (LEAST + "  team: {seconds: s}\n", 'fields.team: want a column or {text: "…"} for team'),
        (
            LEAST + "  team: {columns: s}\n",
            'column, constant, text, time, seconds, number, flag, hash, any, got "columns"',
        ),
        (
            LEAST + "  team: {text: plain}\n",
            'want at least one "{column}" in it (constant is for text without)',
        ),
        (
            LEAST + '  opened_at: {time: o, format: "%H:%M"}\n',
            'got "%H:%M": want a year, %Y or %y',
        ),
        (LEAST + '  opened_at: {time: o, format: "%Q"}\n', 'or a format such as "%d/%m/%Y %H:%M", got "%Q"'),
        (LEAST + "skip: [first]\n", "skip[0]: compares the rows of a case"),
        (LEAST + "events: [{when: [{rises: n}]}]\n", "events[0].when[0]: compares the rows of a case"),
        (
            LEAST + "case: c\nevents: [{when: [{rose: n}]}]\n",
            'or a column with is, is_not, present, over, under, contains, matches, matches_not, got "rose"',
        ),
        (LEAST + "skip: [{column: c, over: 5, under: 2}]\n", "want less than under, 2, got 5"),
        (LEAST + "skip: [{column: c, matches: '(a'}]\n", "want a pattern such as reviewId=([^&]+)"),
        (LEAST + "skip: [{column: c, matches: '(a)\\1'}]\n", "(invalid escape sequence: \\1)"),
        (LEAST + "skip: [{column: c, contains: ''}]\n", "want words, got an empty one"),
        (
            LEAST + '  opened_at: {time: o, format: "%Y-%m-%d %H:%M %p"}\n',
            "%p (AM or PM) needs %I (12 hours)",
        ),
        (LEAST + '  opened_at: {time: o, format: "%Y-%m-%d %I:%M"}\n', "%I (12 hours) needs %p"),
        (LEAST + "time_zone: EST\n", "EST means several zones: write America/New_York or Australia/Sydney"),
        (LEAST + "  country: {constant: NO}\n", 'want text, got NO without quotes (write "NO")'),
        (LEAST + "  team: {constant: 007}\n", 'want text, got 007 without quotes (write "007")'),
        (LEAST + "  event: {constant: closed}\n", 'for event, got "closed"'),
        (LEAST + "  event: {column: s, map: {a: closed}}\n", 'for event, got "closed"'),
        (LEAST + "  indicator: {constant: csta}\n", "want one of csat, ces, nps, sentiment for indicator"),
        (LEAST + '  wait_s: {constant: "5"}\n', "want a number"),
        (LEAST + "  wait_s: {constant: -5}\n", "want 0 or more, got -5"),
        (LEAST + '  consent: {constant: "true"}\n', "want true or false"),
        (LEAST + "  opened_at: {constant: noon}\n", "want a time such as 2026-03-02T09:15:00Z"),
        (LEAST.replace("id: call", "id: {constant: x}"), "every event would have the same id"),
        (LEAST + "  team: {column: c, otherwise: x}\n", "has no meaning without a map"),
        (LEAST + "case: c\nevents: [{when: [frist]}]\n", 'got "frist" (did you mean "first"?)'),
        (LEAST + "skip: [{is: [x]}]\n", "skip[0].column: missing, want a column"),
    ],
)
def test_mistakes_have_a_place(text: str, message: str) -> None:
    """A wrong file says line, column, what was wanted and what was found."""
    assert any(message in problem for problem in problems(text)), problems(text)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody should have to run the command once per mistake."""
    assert len(problems("format: xls\nnulls: 5\nfields: {id: a, at: b, channel: c}\nskipp: []\n")) == 4
