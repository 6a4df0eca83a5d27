"""Import: rows through a mapping to events."""

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import orjson
import pytest

from alerts.errors import SettingsError
from stream.cli.terminal.import_words import reported
from stream.importing.cells.faults import Fault, RowError
from stream.importing.importer import Importer
from stream.importing.mapping_file.reader import parse
from stream.importing.rows.row_blocks import gathered
from stream.importing.rows.tables import blocks
from stream.importing.seen_ids import SeenIds
from stream.intake.decoding.vouching import Vouching

if TYPE_CHECKING:
    from stream.importing.mapping import Event

CALLS = """
skip: [{column: end, is: [GHOST]}]
fields: {id: call, at: {time: when, format: "%Y-%m-%d %H:%M"}, channel: {constant: phone}}
events:
  - when: [{column: end, is: [HANG]}]
    fields: {event: {constant: abandoned}, wait_s: {seconds: wait}}
  - when: [{column: end, is_not: [HANG]}]
"""
TICKETS = """
nulls: ["", "?"]
case: CASE
fields: {at: {time: at, format: "%Y-%m-%d"}, channel: {constant: desk}, case: ticket}
events:
  - {when: [first], fields: {id: {text: "{ticket}-opened"}}}
  - {when: [{rises: reopened}], fields: {id: {text: "{ticket}-reopened-{reopened}"}}}
  - {when: [last, {column: done, present: true}], fields: {id: {text: "{ticket}-done"}}}
"""
TOGETHER = "{column: ticket, together: true}"


def imported(
    mapping: str, rows: Sequence[Mapping[str, str] | RowError]
) -> tuple[list[dict[str, object]], Importer]:
    """The events of some rows, numbered from 2 as after a header."""
    importer = Importer(parse(mapping, "m.yaml"), Vouching().refused)
    batches = [*importer.lines(gathered(enumerate(rows, 2))), *importer.finish()]
    return [orjson.loads(line) for lines in batches for line in lines], importer


def call(**columns: str) -> dict[str, str]:
    """A row of the log of calls."""
    return {"call": "1", "when": "2026-01-01 10:00", "end": "OK", "wait": "5", **columns}


def ticket(number: str, day: int, reopened: int = 0, done: str = "?") -> dict[str, str]:
    """A row of the log of tickets."""
    return {"ticket": number, "at": f"2026-01-{day:02}", "reopened": str(reopened), "done": done}


def test_conditions_choose_the_event() -> None:
    """A row becomes what its columns say; fields come in a fixed order."""
    events, _ = imported(CALLS, [call(), call(call="2", end="HANG", wait="0:01:05")])
    assert events == [
        {"id": "1", "at": "2026-01-01T10:00:00Z", "channel": "phone"},
        {"id": "2", "at": "2026-01-01T10:00:00Z", "channel": "phone", "event": "abandoned", "wait_s": 65},
    ]


def test_rows_are_accounted_for() -> None:
    """Every row is skipped, bad, or made events; the first bad ones are told with their lines."""
    rows: list[Mapping[str, str] | RowError] = [
        call(end="GHOST"),
        call(when="noon"),
        call(call=""),
        RowError(Fault.COLUMNS, "short"),
        call(),
    ]
    events, importer = imported(CALLS, rows)
    tale = importer.tale
    assert (tale.rows, tale.skipped, tale.events, len(events)) == (5, 1, 1, 1)
    assert tale.bad == {Fault.TIME: 1, Fault.MISSING: 1, Fault.COLUMNS: 1}
    assert [number for number, _ in tale.first_bad] == [3, 4, 5]


def test_a_row_with_a_mistake_makes_no_event_at_all() -> None:
    """Half a row would be counted as if it were whole."""
    mapping = (
        TICKETS.replace("CASE", "ticket") + '  - {when: [first], fields: {id: {text: "{ticket}-{nope}"}}}\n'
    )
    rows = [{**ticket("1", 1), "nope": ""}]
    events, importer = imported(mapping, rows)
    assert events == []
    assert importer.tale.bad == {Fault.MISSING: 1}


def test_text_that_is_no_text_is_bad() -> None:
    """Bytes outside the declared encoding come as surrogates, which JSON cannot carry."""
    _, importer = imported(CALLS, [call(call="\udcff")])
    assert importer.tale.bad == {Fault.ENCODING: 1}


@pytest.mark.parametrize("case", ["ticket", TOGETHER])
def test_changes_between_the_rows_of_a_case_are_events(case: str) -> None:
    """Opened by the first row, reopened when the count rises, done by what the last row says."""
    rows = [ticket("a", 1), ticket("a", 2, 1), ticket("a", 3, 1, "yes"), ticket("b", 4), ticket("b", 5)]
    events, _ = imported(TICKETS.replace("CASE", case), rows)
    assert {event["id"] for event in events} == {"a-opened", "a-reopened-1", "a-done", "b-opened"}
    assert len(events) == 4


def test_rows_of_cases_may_be_mixed() -> None:
    """Unless the mapping promises that they are together."""
    rows = [
        ticket("a", 1),
        ticket("b", 1),
        ticket("a", 2, 1),
        ticket("b", 2, 0, "yes"),
        ticket("a", 3, 1, "yes"),
    ]
    events, _ = imported(TICKETS.replace("CASE", "ticket"), rows)
    assert sorted(str(event["id"]) for event in events) == [
        "a-done", "a-opened", "a-reopened-1", "b-done", "b-opened",
    ]  # fmt: skip


def test_a_row_without_its_case_is_bad() -> None:
    """It belongs to no story."""
    _, importer = imported(TICKETS.replace("CASE", "ticket"), [ticket("", 1)])
    assert importer.tale.bad == {Fault.MISSING: 1}


def test_columns_that_are_not_there_are_the_operators_mistake() -> None:
    """The message names them and what there is."""
    importer = Importer(parse(CALLS, "m.yaml"))
    with pytest.raises(SettingsError, match=r"none called call, end, wait, when \(there are: a, b\)"):
        importer.check("log", ["a", "b"])
    importer.check("log", ["call", "end", "wait", "when", "more"])


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("call;end;wait;when", 'delimiter: ";"'),
        ("call\tend\twait\twhen", 'delimiter: "\\t"'),
        ("call|end|wait|when", 'delimiter: "|"'),
        ("c\0a\0l\0l\0;\0", "encoding: utf-16-le"),
        ("something", "(there are: something)"),
        ("sc\udce9re", "(there are: sc\ufffdre): is this another encoding than UTF-8? `encoding: cp1252`"),
        ('[{"call": 1}, ' + "x" * 5_000, "`format: json`"),
    ],
)
def test_one_column_where_there_should_be_several_says_what_may_be_wrong(header: str, hint: str) -> None:
    """The log is written with another mark between its columns, or in another encoding."""
    with pytest.raises(SettingsError) as caught:
        Importer(parse(CALLS + 'delimiter: ","', "m.yaml")).check("log", [header])
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("a;b,c\n1;2\n", {"a": "1", "b,c": "2"}),
        ("calls, of March; all\n\n\ufeff\na\tb,c\n1\t2\n", {"a": "1", "b,c": "2"}),
        ("of March\n" * 30 + "a;b,c\n1;2\n", {"a": "1", "b,c": "2"}),
        ('a,"b,c",d;e\n1,2,3\n', {"a": "1", "b,c": "2", "d;e": "3"}),
    ],
)
def test_the_header_shows_what_parts_cells(log: str, said: dict[str, str]) -> None:
    """Where the mapping does not say it: by that mark it has the columns which the mapping names."""
    mapping = parse('fields: {id: a, topic: "b,c", at: {time: a}, channel: {constant: chat}}', "m.yaml")
    found = blocks(io.BytesIO(log.encode()), mapping.format, "log", partial(Importer(mapping).check, "log"))
    assert [row for block in found for row in block.rows()] == [said]


def test_a_log_without_the_columns_is_told_by_those_that_it_has() -> None:
    """Not as one column with all their names."""
    mapping = parse("fields: {id: Reference, at: {time: a}, channel: {constant: chat}}", "m.yaml")
    with pytest.raises(SettingsError, match=r"there are: a, Referenz\): did you mean Referenz\?"):
        blocks(io.BytesIO(b"a;Referenz\n"), mapping.format, "log", partial(Importer(mapping).check, "log"))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Référence", "cp1252"),
        ("Номер", "cp1251"),
        ("Номер", "koi8-r"),
        ("番号", "cp932"),
        ("编号", "gb18030"),
    ],
)
def test_an_encoding_by_which_the_columns_are_there_is_proposed(name: str, encoding: str) -> None:
    """That of Western Windows makes other letters of all these, and no word is said of it."""
    mapping = parse(f"fields: {{id: {name}, at: {{time: t}}, channel: {{constant: chat}}}}", "m.yaml")
    header = name.encode(encoding).decode("utf-8", "surrogateescape")
    with pytest.raises(SettingsError, match=f"`encoding: {encoding}` it has these columns"):
        Importer(mapping).check("log", [header, "t"])


def test_ndjson_rows_need_not_have_every_column() -> None:
    """A field that is not there is null, as JSON's senders see it."""
    mapping = "format: ndjson\nfields: {id: i, at: {time: t}, channel: c, team: who.team}\n"
    events, _ = imported(mapping, [{"i": "1", "t": "2026-01-01T00:00:00Z", "c": "chat"}])
    assert events == [{"id": "1", "at": "2026-01-01T00:00:00Z", "channel": "chat"}]


ANSWERS = """
format: ndjson
fields: {id: i, at: {time: t}, channel: c, indicator: {constant: csat}, score: rating, comment: no.such}
"""


def answer(rating: str, **others: str) -> dict[str, str]:
    """A row of a log of answers."""
    return {"i": rating, "t": "2026-01-01T00:00:00Z", "c": "chat", "rating": rating, **others}


def test_what_the_worker_would_refuse_is_a_bad_row() -> None:
    """By the intake's own decoder, in the words of the log: column, wanted, found."""
    events, importer = imported(
        ANSWERS, [answer("5.0"), answer("meh"), answer("6"), answer("4", i="x" * 200)]
    )
    assert [event["score"] for event in events] == ["5.0"]
    assert importer.tale.bad == {"score_off_scale": 2, "id_too_long": 1}
    first = importer.tale.first_bad[0]
    assert first[0] == 3
    assert first[1].startswith("rating (score): want a level of 1-5 (1 to 5), or words")
    assert 'got "meh" (no answer?' in first[1]


def test_answers_are_vouched_for_on_the_scale_of_the_rules() -> None:
    """What the default scale does not have, another does."""
    importer = Importer(parse(ANSWERS, "m.yaml"), Vouching({"csat": {"scale": "1-10"}}).refused)
    (lines,) = importer.lines(gathered([(2, answer("9"))]))
    assert len(lines) == 1


def test_columns_that_no_row_has_are_named() -> None:
    """A name may be misspelt in the mapping, and JSON does not say."""
    _, importer = imported(ANSWERS, [answer("5"), answer("4")])
    assert importer.tale.columns.unseen == ("no.such",)
    _, importer = imported(ANSWERS, [answer("5"), answer("4", **{"no.such": "slow"})])
    assert importer.tale.columns.unseen == ()


def test_two_answers_of_one_row_to_one_indicator_with_one_id_are_named() -> None:
    """The worker would take the second for the first sent again, unless of another indicator."""
    mapping = """
fields: {id: i, at: {time: t}, channel: c}
events:
  - {when: [{column: rating, present: true}], fields: {indicator: {constant: csat}, score: rating}}
  - {when: [{column: nps, present: true}], fields: {indicator: {constant: SECOND}, score: nps}}
"""
    rows = [answer("5", nps="4"), answer("4", nps="")]
    events, importer = imported(mapping.replace("SECOND", "csat"), rows)
    assert len(events) == 1
    assert importer.tale.bad == {Fault.SAME_ID: 1}
    assert 'such as {text: "{response_id}-nps"}, got "5" for csat and csat' in importer.tale.first_bad[0][1]
    events, importer = imported(mapping.replace("SECOND", "nps"), rows)
    assert [event["indicator"] for event in events] == ["csat", "nps", "csat"]
    assert not importer.tale.bad


def test_rows_of_a_case_that_go_back_in_time_are_named() -> None:
    """Changes between them would be read the wrong way round."""
    rows = [ticket("a", 3), ticket("a", 1, 1), ticket("b", 1), ticket("b", 2)]
    _, importer = imported(TICKETS.replace("CASE", "ticket"), rows)
    assert (importer.tale.back, importer.tale.first_back) == (1, 3)


def test_an_id_that_an_earlier_row_had_is_told() -> None:
    """The worker would take the second row for the first sent again; nobody should have to find out later."""
    _, importer = imported(ANSWERS, [answer("5", i="a"), answer("4", i="b"), answer("1", i="a")])
    tale = importer.tale
    assert (tale.events, tale.again, tale.first_again, tale.ids_forgotten) == (3, 1, 4, False)
    said = reported(tale, parse(ANSWERS, "m.yaml").format)
    assert "1 event has the id of an earlier row (first: line 4)" in said


def test_ids_are_remembered_up_to_a_number() -> None:
    """What is not looked at any more is said."""
    seen = SeenIds(most=2)
    events: list[Event] = [{"id": each, "indicator": "csat"} for each in "aabbcc"]
    seen.look(enumerate(events[:2], 2))
    assert (seen.again, seen.first, seen.full) == (1, 3, False)
    seen.look(enumerate(events[2:4], 4))
    assert (seen.again, seen.first, seen.full) == (2, 3, True)
    seen.look(enumerate(events[4:], 6))
    assert seen.again == 2
    other = SeenIds()
    other.look(
        [(2, {"id": "a", "indicator": "csat"}), (3, {"id": "a", "indicator": "nps"}), (4, {"id": "a"})]
    )
    assert other.again == 0
