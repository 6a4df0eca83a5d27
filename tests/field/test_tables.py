"""Tables, archives and objects as exports have them, each with what must come of it."""

import io
import zipfile

import pytest

from alerts.errors import SettingsError
from stream.importing.rows.columns_hint import enveloped
from tests.field.test_logs import Desk, desk

__all__ = ["desk"]

MAPPING = (
    "fields: {id: id, at: {time: at}, channel: {constant: web}, indicator: {constant: csat}, score: s}\n"
)
HEAD = "id,at,s\n"
ROWS = "1,2026-03-02T09:00:00Z,5\n2,2026-03-02T09:01:00Z,1\n"
BOTH = [("1", "5"), ("2", "1")]


def read(desk: Desk, log: str | bytes, mapping: str = MAPPING) -> tuple[list[tuple[object, object]], str]:
    """The ids and scores that come of a log, and what the import says."""
    events, result = desk.imported(mapping, log)
    return [(event["id"], event["score"]) for event in events], result.stderr


@pytest.mark.parametrize(
    "notes",
    [
        "Report: satisfaction in March\n",
        "Report: satisfaction\nMade on 3 March 2026\n\n",
        "Report,,\nFrom,2026-03-01,\n,,\n",
        'sep=,\n"Report, of all teams"\n',
    ],
)
def test_notes_above_the_header_are_passed_over_and_told(desk: Desk, notes: str) -> None:
    """The header is the first line that has the columns which the mapping names."""
    found, said = read(desk, notes + HEAD + ROWS)
    assert found == BOTH
    assert "above the header passed over" in said


def test_without_notes_nothing_is_said_of_them(desk: Desk) -> None:
    """Nor is a header looked for far below."""
    assert "above" not in read(desk, HEAD + ROWS)[1]
    with pytest.raises(Exception, match="got none called at, id, s"):
        read(desk, "note\n" * 100 + HEAD + ROWS)


@pytest.mark.parametrize(
    "log",
    [
        HEAD + ROWS.replace("\n", ",\n"),
        HEAD + ROWS.replace("\n", ",,\n"),
        HEAD.replace("\n", ",\n") + ROWS,
        HEAD.replace("\n", ",,\n") + ROWS.replace("\n", ",\n"),
    ],
)
def test_marks_at_the_end_of_lines_are_no_columns(desk: Desk, log: str) -> None:
    """Neither in the header nor in the rows."""
    assert read(desk, log)[0] == BOTH


def test_a_line_with_totals_and_a_second_header_are_told(desk: Desk) -> None:
    """They make no events."""
    found, said = read(desk, HEAD + ROWS + HEAD + "Total,,2\nTotal: 2\n")
    assert found == BOTH
    assert "5 rows: 2 events, 0 rows skipped, 3 bad" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[{}]", "a list: `format: json`"),
        ('"{\\"id\\": \\"1\\"}"', "JSON within a string: `jq -r .`"),
        ("{'id': '1'}", "single quotation marks"),
        ('{"s": NaN}', "NaN or Infinity"),
        ("{", "a piece of one: `format: json`"),
        ('"id": "1", "tags": {', "a piece of one: `format: json`"),
        ("],", "a piece of one: `format: json`"),
        ('data: {"id": "1"}', "one behind something else: `sed"),
        ('2026-03-02T09:15:00Z web-1 {"id": "1"}', "one behind something else: `sed"),
        ('{id: "1", score: 4}', "names without quotation marks"),
        ("id,at,s", "a table: `format: csv`"),
        ('"id","at"', "a table: `format: csv`"),
        ("<ticket/>", "XML or HTML"),
    ],
)
def test_what_is_no_object_is_told_with_the_way_out(desk: Desk, line: str, said: str) -> None:
    """Beside a sound line."""
    sound = '{"id": "1", "at": "2026-03-02T09:00:00Z", "s": 5}'
    found, told = read(desk, f"{sound}\n{line}\n", "format: ndjson\n" + MAPPING)
    assert found == [("1", "5")]
    assert f"want a JSON object, got {said}" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "1", "s": 1e400}', 'number is infinity when parsed as double: "1e400}"'),
        ('{"id": "1", "s": 04}', 'number with leading zero is not allowed: "04}"'),
        ('{"id": "1", "s": True}', 'unexpected character, expected a JSON value: "True}"'),
        ('{"id": "1" "s": 4}', """unexpected character, expected ',' or '}': ""s": 4}\""""),
        ('{"id": "1", "s": 4', 'unexpected end of data: ""'),
        ('{"id": "1", "s": 4,}', 'trailing comma is not allowed: "'),
    ],
)
def test_where_an_object_is_none_is_told(desk: Desk, line: str, said: str) -> None:
    """All of them were called a table, and advised to be read as CSV."""
    told = read(
        desk, f'{{"id": "1", "at": "2026-03-02T09:00:00Z", "s": 5}}\n{line}\n', "format: ndjson\n" + MAPPING
    )[1]
    assert f"want a JSON object, but {said}" in told


def test_objects_of_an_api_are_told_with_their_key(desk: Desk) -> None:
    """`unwrap` reads them."""
    log = (
        '{"results": [{"id": "1", "at": "2026-03-02T09:00:00Z", "s": 5}]}\n{"id": "x", "at": "2026-03-02"}\n'
    )
    with pytest.raises(Exception, match="got none in 2"):
        read(desk, log, "format: json\n" + MAPPING)
    found, _ = read(desk, log, "format: json\nunwrap: results\n" + MAPPING)
    assert found == [("1", "5")]


def _zip(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, HEAD + ROWS)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (b"ORC\0\1", "an ORC file"),
        (b"ARROW1\0\0", "an Arrow file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x04\x22\x4d\x18@", "an lz4 file"),
        (b"\x1f\x9d\x90", "a file of compress"),
        (b"{\\rtf1\\ansi id}", "RTF"),
        (b"ID;PWXL;N;E\n", "a workbook in SYLK"),
        (b"$FL2@(#) SPSS DATA FILE", "a data file of SPSS"),
        (b"<stata_dta><header>", "a data file of Stata"),
        (b"RDX3\nX\n\0\0", "a file of R's objects"),
        ("id".encode("utf-32"), "UTF-32: convert it"),
        (_zip("a.csv", "b.csv"), "`member` or `members` in the mapping says which"),
        (_zip("Index/Document.iwa"), "a workbook of Numbers: export it as CSV"),
        (b"<table><tr><td>id</td>", "XML or HTML"),
        (b'<?xml version="1.0"?>\n<tickets/>', "XML or HTML"),
    ],
)
def test_what_is_no_table_is_refused_with_the_way_out(desk: Desk, log: bytes, said: str) -> None:
    """Before anything is read of it."""
    with pytest.raises(Exception, match=said):
        read(desk, log)


def test_numbers_of_rows_without_a_name_are_told(desk: Desk) -> None:
    """R writes them so: every row has a cell more than the header."""
    log = '"id","at","s"\n"1","a",2026-03-02T09:00:00Z,5\nb,2026-03-02T09:01:00Z,4\n'
    assert "want 3 columns, got 4; numbers of rows without a name, as R writes them?" in read(desk, log)[1]


def test_a_score_that_is_none_is_told_with_the_ways_out(desk: Desk) -> None:
    """N/A, 99 and -1 are no answers where the mapping says so; until then they are bad rows."""
    log = HEAD + ROWS + "3,2026-03-02T09:02:00Z,99\n4,2026-03-02T09:03:00Z,N/A\n"
    found, said = read(desk, log)
    assert found == BOTH
    assert 'got "99" (no answer? `nulls` in the mapping; one in other words? `map`)' in said


@pytest.mark.parametrize(
    ("answer", "way_out"),
    [
        ("Promoteur", "(groups? `map: "),
        ("Détracteurs", "(groups? `map: "),
        ("Pasivo", "(groups? `map: "),
        ("TRUE", "(yes or no? `scale: {constant: yes-no}`"),
        ("Nein", "(yes or no? `scale: {constant: yes-no}`"),
        ("1 - Very satisfied", "(is 1 the best, "),
        ("5 (mangelhaft)", "(is 1 the best, "),
        ("80 %", "(a share? `{number: …, times: 0.05}` makes levels up to 5 of percents"),
    ],
)
def test_an_answer_of_another_kind_is_told_with_what_reads_it(desk: Desk, answer: str, way_out: str) -> None:
    """A group, a yes, a label that its number contradicts, a percent."""
    found, said = read(desk, f"{HEAD}{ROWS}3,2026-03-02T09:02:00Z,{answer}\n")
    assert found == BOTH
    assert way_out in said


def test_a_share_is_one_of_the_scale_that_was_asked(desk: Desk) -> None:
    """What was proposed made 5 of 7 of all percents."""
    log = f"{HEAD}{ROWS}3,2026-03-02T09:02:00Z,100%\n"
    said = read(desk, log, MAPPING.replace("score: s", "score: s, scale: {constant: 1-7}"))[1]
    assert "times: 0.07}` makes levels up to 7 of percents" in said


def test_blanks_behind_the_marks_are_none_of_the_cells(desk: Desk) -> None:
    """A quotation mark behind one begins a cell, as the header shows; in prose it is one of the prose."""
    mapping = MAPPING.replace("score: s", "score: s, comment: c")
    log = 'id, at, s, c\n1, "2026-03-02T09:00:00Z", "5", "so, so"\n2, 2026-03-02T09:01:00Z, 1, so "so"\n'
    assert read(desk, log, mapping)[0] == BOTH
    log = 'id,at,s,c\n1,2026-03-02T09:00:00Z,5, "quoted" so\n2,2026-03-02T09:01:00Z,1,x\n'
    assert read(desk, log, mapping)[0] == BOTH


def test_lines_that_are_one_quoted_cell_each_are_told(desk: Desk) -> None:
    """The mark that parts cells is the right one, so to be told of it would be no way out."""
    log = "".join(f'"{line}"\n' for line in (HEAD + ROWS).splitlines())
    with pytest.raises(SettingsError, match="each line in quotation marks"):
        read(desk, log)
    found, said = read(desk, HEAD + ROWS + '"3,2026-03-02T09:02:00Z,""4"""\n')
    assert found == BOTH
    assert "line 4: want 3 columns, got 1; each line in quotation marks? `sed " in said
    assert "quotation" not in read(desk, HEAD + ROWS + '"2 rows, of 2"\n')[1]


@pytest.mark.parametrize("blank", ["\n", ",,\n", " , ,\n", "\n,,\n\n"])
def test_blank_lines_are_no_rows(desk: Desk, blank: str) -> None:
    """Spreadsheets write the marks between cells of lines that have nothing in them."""
    first, second, _ = ROWS.split("\n")
    found, said = read(desk, f"{HEAD}{first}\n{blank}{second}\n{blank}")
    assert found == BOTH
    assert "2 rows: 2 events, 0 rows skipped, 0 bad" in said


@pytest.mark.parametrize("blank", ["", "\n", ",,\n"])
def test_a_header_in_the_middle_is_no_row(desk: Desk, blank: str) -> None:
    """Logs are put one after the other with `cat`."""
    first, second, _ = ROWS.split("\n")
    found, said = read(desk, f"{HEAD}{first}\n{blank}{HEAD}{second}\n")
    assert found == BOTH
    assert "the header once more" in said


def test_another_table_below_the_first_is_not_read_as_it(desk: Desk) -> None:
    """Though it has as many columns, and times where the first one has them."""
    for title in ("", "By agent\n", "By agent,,\n"):
        below = f"\n{title}agent,shift,calls\n3,2026-03-02T09:02:00Z,4\n4,2026-03-02T09:03:00Z,5\n"
        found, said = read(desk, HEAD + ROWS + below)
        assert found == BOTH
        assert "got another one from here on (agent, shift, calls)" in said
    again = f"{HEAD}{ROWS}\nagent,shift,calls\n3,2026-03-02T09:02:00Z,4\n{HEAD}5,2026-03-02T09:03:00Z,3\n"
    assert read(desk, again)[0] == [*BOTH, ("5", "3")]


def test_a_row_below_a_blank_line_is_a_row(desk: Desk) -> None:
    """Only what can be nothing but a header begins another table."""
    for odd in ("x,n/a,bad\n", "note\n", "x,,\n"):
        found, _ = read(desk, f"{HEAD}{ROWS}\n{odd}\n3,2026-03-02T09:02:00Z,4\n")
        assert found == [*BOTH, ("3", "4")]


@pytest.mark.parametrize(
    "name",
    [
        "Total", "TOTAL:", "Grand total", "Moyenne", "Durchschnitt", "Overall", "Ø", "phone Total",
        "Total (2)", "Average of rating", "Telefon Ergebnis", "Total général", "Sum of s", "Total: 2",
        "Total des réponses",
    ],
)  # fmt: skip
def test_a_line_that_sums_up_others_is_no_row(desk: Desk, name: str) -> None:
    """With a date and an average in it, it would count as an answer."""
    found, said = read(desk, f"{HEAD}{ROWS}{name},2026-03-31T00:00:00Z,3\n")
    assert found == BOTH
    assert f'id: want an id, got "{name}"' in said


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        (
            ["payload.after.id", "payload.after.s", "payload.op"],
            ": did you mean payload.after.id, payload.after.s?",
        ),
        (["specversion", "id", "data.id", "data.s"], ": did you mean data.id, data.s?"),
        (["before.id", "before.s", "op"], ""),
        (["rows.0.id", "rows.0.s", "rows.*.id"], ": a list in an object? `unwrap: rows`"),
        (["other"], ""),
    ],
)
def test_objects_in_an_envelope_are_told_with_their_paths(paths: list[str], wanted: str) -> None:
    """As Kafka Connect, Debezium and CloudEvents have them; what was deleted is no answer."""
    said = enveloped(["id", "s"], paths)
    assert said.startswith(wanted) if wanted else not said


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("utf-8", "utf-16-le"),
        ("utf-8", "utf-16-be"),
        ("utf-8", "utf-16"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-16-be"),
        ("cp1252", "utf-8"),
        ("cp1252", "utf-8-sig"),
        ("latin-1", "utf-8"),
        ("cp1252", "cp1252"),
        ("latin-1", "latin-1"),
    ],
)
def test_text_is_read_in_what_it_is_written_in(desk: Desk, declared: str, written: str) -> None:
    """In a Windows encoding any bytes are text, so `Größe` would be `GrÃ¶ÃŸe`, and nobody was told."""
    log = "id,at,s,t\n1,2026-03-02T09:00:00Z,5,Größe\n2,2026-03-02T09:01:00Z,très satisfait,Café\n"
    mapping = f"encoding: {declared}\n" + MAPPING.replace("score: s", "score: s, topic: t")
    events, _ = desk.imported(mapping, log.encode(written))
    assert [(event["score"], event["topic"]) for event in events] == [
        ("5", "Größe"),
        ("très satisfait", "Café"),
    ]


def test_an_encoding_that_a_log_is_not_in_after_all_makes_bad_rows(desk: Desk) -> None:
    """Where only the beginning is UTF-8."""
    rows = "".join(f"{place},2026-03-02T09:00:00Z,5,é\n" for place in range(3_000))
    log = f"id,at,s,t\n{rows}".encode() + "x,2026-03-02T09:00:00Z,5,\u00e9\n".encode("cp1252")
    events, result = desk.imported(
        "encoding: cp1252\n" + MAPPING.replace("score: s", "score: s, topic: t"), log
    )
    assert len(events) == 3_000
    assert "1 × encoding" in result.stderr


SURVEY = (
    '"#","Êtes-vous satisfait\u00a0?","Would you\n recommend  us?",Why,'
    "Start Date (UTC),Submit Date (UTC),Network ID,Tags\n"
    "a1,4,9,,2026-03-02 09:14:02,2026-03-02 09:15:02,n1,\n"
)


def test_names_that_look_the_same_are_the_same(desk: Desk) -> None:
    """French puts a blank before a question mark that nobody can type, and headers are broken over lines."""
    questions = ("Êtes-vous satisfait ?=csat/1-5", "Would you recommend us?=nps")
    events, _ = desk.imported(
        MAPPING,
        SURVEY,
        *(part for question in questions for part in ("--question", question)),
        kind="typeform-csv",
    )
    assert [event["indicator"] for event in events] == ["csat", "nps"]
    log = "id,Küche\u00a0Ort ,at,s\n1,web,2026-03-02T09:00:00Z,5\n"
    events, _ = desk.imported(MAPPING.replace("{constant: web}", "Ku\u0308che Ort"), log)
    assert events[0]["channel"] == "web"


def test_a_question_that_nobody_asked_is_told(desk: Desk) -> None:
    """Its answers would be missed only where somebody counts."""
    nps = ("--question", "Would you recommend us?=nps")
    with pytest.raises(
        SettingsError, match="want the questions that --question names, got none called Êtes-vous ravi"
    ):
        desk.imported(MAPPING, SURVEY, *nps, "--question", "Êtes-vous ravi ?=csat", kind="typeform-csv")
    told = desk.imported(MAPPING, SURVEY, *nps, "--question", "Why=csat", kind="typeform-csv")[1].stderr
    assert 'no answer to "Why", which --question names' in told
    assert "no answer to" not in desk.imported(MAPPING, SURVEY, *nps, kind="typeform-csv")[1].stderr


def test_ids_of_several_words_are_ids(desk: Desk) -> None:
    """However much they say of sums."""
    names = ("INC 1", "total-7", "summer 1", "counter 9", "media 77", "meaning", "Totalenergies 4")
    log = HEAD + "".join(f"{name},2026-03-02T09:00:00Z,3\n" for name in names)
    assert [name for name, _ in read(desk, log)[0]] == [*names]


@pytest.mark.parametrize("head", ["s,at,id\n", "id,s,at\n", "ID,S,At,\n", "\ufeffs,at,id\n", "at,more,s\n"])
def test_a_header_of_other_order_begins_another_table(desk: Desk, head: str) -> None:
    """Files that were put one after the other: ids and scores are both numbers, and nobody would see it."""
    found, said = read(desk, f"{HEAD}{ROWS}{head}3,2026-03-02T09:02:00Z,4\n{HEAD}5,2026-03-02T09:03:00Z,3\n")
    assert found == [*BOTH, ("5", "3")]
    assert "got another one from here on (" in said


def test_marks_of_the_direction_of_writing_are_none_of_a_columns_name(desk: Desk) -> None:
    """Who reads that `id` is not there, and whether `id` was meant, sees no difference."""
    assert read(desk, f"\u200eid,\u202bat\u202c,s\n{ROWS}")[0] == BOTH


QUOTED = '"id","at","s"\n'


@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\ufeff"])
def test_a_header_in_quotation_marks_may_stand_behind_a_byte_order_mark(desk: Desk, mark: str) -> None:
    """The mark is none of the first name, so that the quotation mark behind it begins a cell."""
    assert read(desk, mark + QUOTED + ROWS)[0] == BOTH
    assert read(desk, f'{mark}"sep=;"\n{(QUOTED + ROWS).replace(",", ";")}')[0] == BOTH
    comma = QUOTED.replace("id", "id, of us")
    assert read(desk, mark + comma + ROWS, MAPPING.replace("id: id", '"id": "id, of us"'))[0] == BOTH


@pytest.mark.parametrize(
    "head",
    [HEAD, HEAD.upper(), f"\ufeff{HEAD}", f"\ufeff{HEAD.title()}", QUOTED, f"\ufeff{QUOTED}"],
)
def test_the_header_comes_again_as_another_file_has_it(desk: Desk, head: str) -> None:
    """With the mark that the file began with, which is no part of an id either."""
    found, said = read(desk, f"\ufeff{HEAD}{ROWS}{head}\ufeff3,2026-03-02T09:02:00Z,4\n")
    assert found == [*BOTH, ("3", "4")]
    assert "the header once more" in said


def test_cells_may_be_called_as_columns_are(desk: Desk) -> None:
    """A row is one, though two of its cells have names of columns."""
    mapping = MAPPING.replace("{constant: web}", "phone")
    log = "phone,id,at,s,email\nPhone,1,2026-03-02T09:00:00Z,5,x\nphone,2,2026-03-02T09:00:00Z,4,email\n"
    assert read(desk, log, mapping)[0] == [("1", "5"), ("2", "4")]


EXPANDED = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,"
    "How?,,,Rate,,\n"
    ",,,,,,,,Dissatisfied,Neutral,Satisfied,Price,Service,Speed\n"
    "1180123,4,2026-03-02 09:14:02,2026-03-02 09:15:02,,,,,,,Satisfied,4,5,1\n"
    "1180124,4,2026-03-02 09:14:02,2026-03-02 09:16:02,,,,,Dissatisfied,,,5,,2\n"
)


def test_a_question_over_several_columns_is_all_of_them(desk: Desk) -> None:
    """Of choices the chosen one is filled; by the first column, which is the worst, nobody was satisfied."""
    zone, kind = ("--time-zone", "UTC"), "surveymonkey-csv"
    events, _ = desk.imported(MAPPING, EXPANDED, *zone, "--question", "How?=csat/1-5", kind=kind)
    assert [event["score"] for event in events] == ["Satisfied", "Dissatisfied"]
    events, _ = desk.imported(MAPPING, EXPANDED, *zone, "--question", "Rate: Price=csat/1-5", kind=kind)
    assert [event["score"] for event in events] == ["4", "5"]
    both = ("--question", "How?=csat/1-5", "--question", "Rate=csat/1-5")
    told = desk.imported(MAPPING, EXPANDED, *zone, *both, kind=kind)[1].stderr
    assert 'no answer to "Rate" (over several columns, such as "Rate: Price"), which --question names' in told


@pytest.mark.parametrize(
    "rows",
    [
        (",,3", "1,,"),
        (",,2", "0,,"),
        (",,1", "1,,"),
        ("0,0,1", "1,0,0"),
        (",,X", "x,,"),
        (",,Satisfied", "1,,"),
    ],
)
def test_choices_may_be_numbered_or_marked(desk: Desk, rows: tuple[str, str]) -> None:
    """SurveyMonkey's expanded numbers; each choice is the label above it, whatever its number."""
    best, worst = rows
    log = EXPANDED.replace(",,Satisfied,4,5,1", f"{best},4,5,1").replace(
        "Dissatisfied,,,5,,2", f"{worst},5,,2"
    )
    assert log != EXPANDED
    options = ("--time-zone", "UTC", "--question", "How?=csat/1-5")
    events, result = desk.imported(MAPPING, log, *options, kind="surveymonkey-csv")
    assert [event["score"] for event in events] == ["Satisfied", "Dissatisfied"]
    assert "id of an earlier row" not in result.stderr


def test_numbers_that_are_no_choices_are_none(desk: Desk) -> None:
    """Of two that are filled neither is the answer, nor is one that has the number of another choice."""
    for worst in ("1,2,", "5,,", "2,,", "7,0,0"):
        log = EXPANDED.replace("Dissatisfied,,,5,,2", f"{worst},5,,2")
        options = ("--time-zone", "UTC", "--question", "How?=csat/1-5")
        events, _ = desk.imported(MAPPING, log, *options, kind="surveymonkey-csv")
        assert [event["score"] for event in events] == ["Satisfied"]


def test_a_log_of_which_nothing_is_understood_is_told_with_its_columns(desk: Desk) -> None:
    """Those that a shipped mapping reads need not all be there, so none of them was missed."""
    with pytest.raises(SettingsError, match=r"got none in 1 \(there are: Ticket ID, Rating\)"):
        desk.imported("", "Ticket ID,Rating\n1,Good\n", "--time-zone", "UTC", kind="zendesk-tickets")


SPARK = r"""id,c,at,s
0,good,2026-03-02T08:59:00Z,4
1,"said \"hi, you\" twice",2026-03-02T09:00:00Z,5
2,"C:\\",2026-03-02T09:01:00Z,1
3,\N,2026-03-02T09:02:00Z,1
"""


def test_quotation_marks_may_have_a_backslash_before_them(desk: Desk) -> None:
    """As Spark, MySQL and PHP write them; who does not say so is told."""
    mapping = f"{MAPPING.replace('id: id', 'id: id, comment: c')}nulls: ['', '\\N']\n"
    told = read(desk, SPARK, mapping)[1]
    assert "line 3: want 4 columns, got 5; `escape: '\\'` in the mapping reads" in told
    told = read(desk, SPARK.replace("C:\\\\", 'it is 5\\"'), mapping)[1]
    assert "line 4: want a quotation mark that ends" in told
    assert told.count("`escape: '\\'` in the mapping reads") == 2
    events, result = desk.imported(f"{mapping}escape: '\\'\n", SPARK)
    assert " 0 bad" in result.stderr
    assert [event.get("comment") for event in events] == ["good", 'said "hi, you" twice', "C:\\", None]


def test_lines_may_end_before_their_last_cells(desk: Desk) -> None:
    """A spreadsheet leaves out the marks of last columns that have nothing in sixteen rows."""
    log = "id,at,s,why,note\n1,2026-03-02T09:00:00Z,5,,\n2,2026-03-02T09:01:00Z,1\n3\n"
    _, told = read(desk, log)
    assert "line 3: want 5 columns, got 3; where its last cells are empty, `ragged: true`" in told
    assert "line 4: want 5 columns, got 1\n" in told
    events, told = read(desk, log, f"{MAPPING}ragged: true\n")
    assert events == BOTH
    assert "3 rows: 2 events, 0 rows skipped, 1 bad" in told


def test_a_log_of_bad_rows_alone_lacks_no_column(desk: Desk) -> None:
    """Its header has them, and what is wrong with the rows is told."""
    with pytest.raises(SettingsError, match=r"want rows that the mapping makes events of, got none in 1$"):
        desk.imported(MAPPING, "id,at,s\n1\n")


def test_objects_of_an_answer_are_counted_one_by_one(desk: Desk) -> None:
    """Which of a page's hundred is bad is told; a page is no object of the log."""
    rows = [f'{{"id":"{place}","at":"2026-03-02T09:0{place}:00Z","s":{place}}}' for place in range(1, 6)]
    pages = f'{{"calls":[{",".join(rows[:3])}]}}{{"calls":[]}}{{"calls":[{rows[3]},7,{rows[4]}]}}'
    events, told = read(desk, pages.replace(":4}", ":44}"), f"format: json\nunwrap: calls\n{MAPPING}")
    assert [name for name, _ in events] == ["1", "2", "3", "5"]
    assert "object 4: s (score)" in told
    assert "object 5: want objects in calls" in told


@pytest.mark.parametrize("kind", ["ndjson", "json"])
def test_a_text_that_was_cut_within_a_letter_costs_no_row(desk: Desk, kind: str) -> None:
    """Half of an emoji at the end of a comment, as programs of browsers leave it."""
    rows = [
        b'{"id":"1","at":"2026-03-02T09:00:00Z","s":5,"c":"\\ud83d"}',
        b'{"id":"2","at":"2026-03-02T09:01:00Z","s":1}',
    ]
    assert read(desk, b"\n".join(rows).decode(), f"format: {kind}\n{MAPPING}")[0] == BOTH
