"""Tables: rows of CSV, TSV and NDJSON with their line numbers."""

import io
from collections.abc import Iterable, Sequence
from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import SettingsError
from stream.importing.cells.faults import Fault, RowError
from stream.importing.mapping import Cells, Format
from stream.importing.rows import table_reader
from stream.importing.rows.column_names import distinct
from stream.importing.rows.row_blocks import Numbered, RowBlock
from stream.importing.rows.tables import blocks


def read(content: bytes, layout: Format) -> list[Numbered]:
    """All rows of a log."""
    return one_by_one(blocks(io.BytesIO(content), layout, "log"))


def one_by_one(found: Iterable[RowBlock]) -> list[Numbered]:
    """The rows of blocks, by their numbers."""
    numbered: list[Numbered] = []
    for block in found:
        numbered += zip(block.numbers, block.rows(), strict=True)
        numbered += block.wrong
        numbered.sort(key=itemgetter(0))
    return numbered


def faults(found: list[Numbered]) -> list[tuple[int, Fault]]:
    """Line and reason of the rows that could not be read."""
    return [(number, row.fault) for number, row in found if isinstance(row, RowError)]


def test_csv_has_a_header_quotes_and_line_breaks_within() -> None:
    """As spreadsheets write it, byte order mark included; a row's number is that of its last line."""
    content = b'\xef\xbb\xbfid;text\r\n1;"a;b\nc"\r\n\r\n2;d\r\n'
    assert read(content, Format(cells=Cells(between=";"))) == [
        (3, {"id": "1", "text": "a;b\nc"}),
        (5, {"id": "2", "text": "d"}),
    ]


def test_tsv_has_no_quotes() -> None:
    """A quotation mark is a character like any other."""
    assert read(b'id\ttext\n1\t"a\n', Format(kind="tsv", cells=Cells(between="\t"))) == [
        (2, {"id": "1", "text": '"a'})
    ]


def test_columns_may_be_named_by_the_mapping() -> None:
    """Then the first line is a row."""
    assert read(b"1,2\n", Format(columns=("a", "b"))) == [(1, {"a": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (b"1;2\n", ("1", "2")),
        (b"1\t2\n", ("1", "2")),
        (b"1,2;3\n", ("1", "2;3")),
        (b'"1;0","2;3"\n', ("1;0", "2;3")),
    ],
)
def test_what_parts_cells_is_told_by_the_first_row_where_no_header_is(
    line: bytes, row: tuple[str, str]
) -> None:
    """It has as many as the mapping names; where commas do, they are what parts them."""
    assert read(line, Format(columns=("a", "b"))) == [(1, dict(zip("ab", row, strict=True)))]


def test_columns_of_one_name_are_numbered() -> None:
    """The second `category` is `category.2`."""
    assert distinct(["a", "category", " category ", "category"]) == [
        "a",
        "category",
        "category.2",
        "category.3",
    ]


def test_rows_of_another_length_are_bad() -> None:
    """The rows around them are not."""
    found = read(b"a,b\n1,2\n1\n1,2,3\n3,4\n", Format())
    assert faults(found) == [(3, Fault.COLUMNS), (4, Fault.COLUMNS)]
    assert [row for _, row in found if not isinstance(row, RowError)][-1] == {"a": "3", "b": "4"}


def test_an_endless_field_is_bad() -> None:
    """A quote that is never closed does not swallow the machine's memory."""
    assert Fault.SYNTAX in [fault for _, fault in faults(read(b'a\n"' + b"x" * 200_000 + b"\n1\n", Format()))]


@pytest.mark.parametrize(
    "rows",
    [
        ['4,"no end', "2,1,ok", '3,1,"quoted"'],  # of the next row, whose own mark ends it
        ['4,"no end', '2,1,"ok"'],
        ['4,"no end\r', "2,1,ok\r", '3,1,"quoted"\r'],
    ],
)
def test_a_quote_that_takes_in_other_rows_is_told(rows: list[str]) -> None:
    """Up to the next one, which belongs to another row; what follows is read."""
    content = "\n".join(
        ["id,score,text", f"1,{rows[0]}", *rows[1:], '8,5,"yes, and\nfine, thanks, all"', "9,5,x", ""]
    )
    found = read(content.encode(), Format())
    assert faults(found) == [(len(rows) + 1, Fault.SYNTAX)]
    assert [row["id"] for _, row in found if not isinstance(row, RowError)] == ["8", "9"]


def test_a_quote_that_takes_in_more_than_a_cell_may_have_says_how_much_is_lost() -> None:
    """By the line where it stands; the rows behind what it took in are read."""
    rows = [f"{number},{'x' * 100},c" for number in range(3_000)]
    found = read("\n".join(["a,b,c", '0,"x,c', *rows]).encode(), Format())
    lost = next(row for number, row in found if number == 2)
    assert isinstance(lost, RowError)
    assert str(lost).endswith(
        "got one that takes in what looks like rows: 1,224 lines after this one are lost"
    )
    assert len(found) == 1 + len(rows) - 1_224


def test_a_quote_that_nothing_ends_loses_no_rows_without_a_word() -> None:
    """The rows that it swallowed are told by the line with which they begin."""
    found = read(b'a,b\n1,"x\ny"\n2,"x\n3,y\n4,z\n', Format())
    assert found[0] == (3, {"a": "1", "b": "x\ny"})
    assert faults(found) == [(4, Fault.SYNTAX)]
    assert read(b'a,b\n1,"x"', Format()) == [(2, {"a": "1", "b": "x"})]


PIECES = ["a,b\n", "1", ",", "\t", '="', "\x1a", '"', '""', "\n", "\r", "\r\n", " ", "\0", "é"]
TABLES = st.lists(st.sampled_from(PIECES)).map("".join)


@given(TABLES, st.integers(1, 4), st.sampled_from(["csv", "tsv"]))
def test_lines_read_ahead_are_read_as_one_by_one(content: str, ahead: int, kind: str) -> None:
    """However many lines are made into records at once."""
    layout = Format(kind=kind, columns=("a", "b"))
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for most in (ahead, 0):
            patch.setattr(table_reader, "AHEAD", most)
            found.append(read(content.encode(), layout))
    # Errors have no equality of their own.
    assert repr(found[0]) == repr(found[1])


def test_a_file_without_header_is_the_operators_mistake() -> None:
    """Nothing can be said about its rows."""
    with pytest.raises(SettingsError, match="want a header line"):
        read(b"", Format())


def test_ndjson_is_flattened_to_text() -> None:
    """Nested objects have dotted paths; nulls are as if they were not there, plain lists are one text."""
    content = b'{"a": {"b": 1.5, "c": true}, "d": "x", "e": null, "f": [1]}\n\n[1]\n{"a"\n'
    found = read(content, Format(kind="ndjson"))
    assert found[0] == (1, {"a.b": "1.5", "a.c": "true", "d": "x", "f": "1"})
    assert faults(found) == [(3, Fault.SYNTAX), (4, Fault.SYNTAX)]


def test_other_encodings_are_declared() -> None:
    """Latin-1 where the mapping says so."""
    assert read("a\ncafé\n".encode("latin-1"), Format(encoding="latin-1")) == [(2, {"a": "café"})]


def test_the_sep_line_of_excel_is_believed() -> None:
    """It names the mark between columns, whatever the mapping says; it is not a row."""
    assert read(b"\xef\xbb\xbfsep=;\r\na;b\r\n1;2\r\n", Format()) == [(3, {"a": "1", "b": "2"})]
    assert read(b'"sep=\t"\r\na\tb\r\n1\t2\r\n', Format(cells=Cells(between=";"))) == [
        (3, {"a": "1", "b": "2"})
    ]


def test_utf_16_with_a_mark_is_read() -> None:
    """As Excel and Google Play write it, whatever the mapping says."""
    log = io.BufferedReader(io.BytesIO("a,b\n1,é\n".encode("utf-16")))
    assert one_by_one(blocks(log, Format(), "log")) == [(2, {"a": "1", "b": "é"})]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("names", ["id,at", "番号,一覧"])
def test_utf_16_without_a_mark_is_read(names: str, encoding: str) -> None:
    """Of a header in Japanese few bytes are nought, and one of the other kind is as well."""
    log = io.BufferedReader(io.BytesIO(f"{names}\n1,東京 一\n2,大阪\n".encode(encoding)))
    found = one_by_one(blocks(log, Format(), "log"))
    assert [list(row.values()) for _, row in found if isinstance(row, dict)] == [
        ["1", "東京 一"],
        ["2", "大阪"],
    ]


@pytest.mark.parametrize("kind", ["csv", "tsv", "ndjson", "json"])
@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n", "\0\0\0", "\0\0\n"])
@pytest.mark.parametrize("line_break", ["\n", ""])
def test_what_fills_a_file_up_is_no_row(kind: str, end: str, line_break: str) -> None:
    """As DOS ended its files, and as programs leave them that keep room for more."""
    if not line_break and end[-1] == "\n":
        return  # the row itself has it, and says so
    rows = {"csv": "a,b\n1,2", "tsv": "a\tb\n1\t2"}.get(kind, '{"a": 1, "b": 2}')
    layout = Format(kind=kind, cells=Cells(between="\t" if kind == "tsv" else ""))
    found = read(f"{rows}{line_break}{end}".encode(), layout)
    assert [row for _, row in found] == [{"a": "1", "b": "2"}]


def test_formulas_of_one_text_are_that_text() -> None:
    """As programs write cells that spreadsheets are to show as they are; alone or within quotation marks."""
    log = '="a",b,c\n="0042",="4","=""2"""\n'
    assert read(log.encode(), Format()) == [(2, {"a": "0042", "b": "4", "c": "2"})]
    lines = log + '1,"=""a""&""b""","say =""x"""\n'
    assert read(lines.encode(), Format())[1][1] == {"a": "1", "b": '="a"&"b"', "c": 'say ="x"'}


def test_a_header_that_cannot_be_read_is_the_operators_mistake() -> None:
    """A field of 130 kB is none, nor a line of more than a mebibyte."""
    for header in (b'"' + b"x" * 140_000, b"x," * 600_000):
        with pytest.raises(SettingsError, match="want a header line that names the columns, got: "):
            read(header + b"\n1\n", Format())


def test_long_lines_are_passed_over_as_they_are_read() -> None:
    """Those around them are read; a record that never closes its quotes ends at a mebibyte too."""
    long = b"y" * 3_000_000
    found = read(b"a,b\n1,2\n" + long + b"\n3,4\n", Format())
    assert faults(found) == [(3, Fault.TOO_LONG)]
    assert found[-1] == (4, {"a": "3", "b": "4"})
    found = read(b'{"a":1}\n{"a":"' + long + b'"}\n{"a":2}\n', Format(kind="ndjson"))
    assert [row.fault if isinstance(row, RowError) else row for _, row in found] == [
        {"a": "1"}, Fault.TOO_LONG, {"a": "2"},
    ]  # fmt: skip
    endless = b'a,b\n"' + b'x","\n' * 400_000
    assert Fault.TOO_LONG in [fault for _, fault in faults(read(endless, Format()))]


def test_headers_are_told_even_where_no_row_follows() -> None:
    """So that a mapping for another log is found out."""
    told: list[list[str]] = []

    def tell(names: Sequence[str], _: int) -> dict[str, str]:
        told.append(list(names))
        return {}

    assert list(blocks(io.BytesIO(b"a,b\n"), Format(), "log", tell)) == []
    assert told == [["a", "b"]] * 3


def test_qualtrics_has_three_header_rows_and_a_zone_in_the_last() -> None:
    """Names, questions with line breaks, and JSON."""
    zone = '"{""ImportId"":""endDate"",""timeZone"":""America/Denver""}"'
    log = f'EndDate,Q1\nEnd Date,"How likely\nare you"\n{zone},"{{""ImportId"":""QID1""}}"\n2026,9\n'
    assert read(log.encode(), Format(header_rows=3)) == [
        (5, {"EndDate": "2026", "Q1": "9", "#timeZone": "America/Denver"})
    ]
    no_zone = log.replace(',""timeZone"":""America/Denver""', "")
    assert read(no_zone.encode(), Format(header_rows=3)) == [(5, {"EndDate": "2026", "Q1": "9"})]


def test_surveymonkey_names_a_question_over_its_first_column_only() -> None:
    """All that are under it are named by both rows; a response beside a comment is the question's."""
    head = b"Id,How satisfied?,,Why?,Again?,\n,Price,Service,Open-Ended Response,Response,Comment\n"
    log = head + b"1,4,5,slow,3,no\n"
    satisfied = {"How satisfied?: Price": "4", "How satisfied?: Service": "5"}
    again = {"Why?": "slow", "Again?": "3", "Again?: Comment": "no"}
    assert read(log, Format(header_rows=2)) == [(3, {"Id": "1", **satisfied, **again})]


def test_choices_may_have_a_column_each() -> None:
    """Of which the chosen one is filled with its own name; by the first one alone all were dissatisfied."""
    log = b"Id,How?,,,Rate\n,Bad,So so,Good,Response\n1,,,Good,4\n2,Bad,,,\n3,2,,,5\n"
    rows = [
        row for _, row in read(log, Format(header_rows=2, apart=("Id",))) if not isinstance(row, RowError)
    ]
    told = [(row["Id"], row["#question"], row["#answer"], row["#number"]) for row in rows]
    assert told == [
        ("1", "How?", "Good", "1"),
        ("1", "Rate", "4", "4"),
        ("2", "How?", "Bad", "1"),
        ("3", "How?: Bad", "2", "1"),
        ("3", "Rate", "5", "4"),
    ]


def test_objects_need_no_line_breaks() -> None:
    """One after another on a line of NDJSON, or anyhow in a stream of JSON."""
    together = b'{"a":1}{"a":"}{"} {"a":3}'
    assert [row for _, row in read(together + b"\n", Format(kind="ndjson"))] == [
        {"a": "1"},
        {"a": "}{"},
        {"a": "3"},
    ]
    spread = b'[ {"a":\n1},\n{"a":"\\"}"}, {"a":3} ]'
    assert [row for _, row in read(spread, Format(kind="json"))] == [{"a": "1"}, {"a": '"}'}, {"a": "3"}]


def test_what_is_no_object_in_a_stream_is_bad() -> None:
    """Text between objects, and a stream that breaks off."""
    assert faults(read(b'{"a":1} oops {"a":2}', Format(kind="json"))) == [(2, Fault.SYNTAX)]
    assert faults(read(b'{"a":1}{"a":', Format(kind="json"))) == [(2, Fault.SYNTAX)]
    assert faults(read(b'{"a":1}{a}', Format(kind="json"))) == [(2, Fault.SYNTAX)]
    assert faults(read(b'{"a":1}{"b"\n', Format(kind="ndjson"))) == [(1, Fault.SYNTAX)]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (b"Conversation ID,Rating\n1,5\n", "got a table: `format: csv` in the mapping?"),
        (b"<html><body>Sign in</body></html>", "got XML or HTML"),
        (b'[["id", "at"], ["1", "2"]]', "got lists in a list: `jq -r '.[] | @csv'` makes a table of them"),
    ],
)
def test_a_table_where_objects_were_wanted_is_told_as_such(log: bytes, said: str) -> None:
    """Most systems export one as well as the other."""
    ((_, wrong),) = read(log, Format(kind="json"))
    assert said in str(wrong)


def test_the_prefix_of_a_schema_registry_is_passed_over() -> None:
    """A zero byte and a number before the JSON."""
    assert read(b'\0\0\0\0\x07{"a":1}\n', Format(kind="ndjson")) == [(1, {"a": "1"})]


def test_deep_nesting_is_bad_and_no_more() -> None:
    """Orjson refuses it."""
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    assert faults(read(deep + b"\n", Format(kind="ndjson"))) == [(1, Fault.SYNTAX)]
    assert faults(read(deep, Format(kind="json"))) == [(1, Fault.SYNTAX)]


@pytest.mark.parametrize("kind", ["json", "any", "ndjson"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_may_begin_with_a_mark(kind: str, encoding: str) -> None:
    """Which Windows writes, and which says how many bytes a character has."""
    log = io.BufferedReader(io.BytesIO('{"a":"é"}\n{"a":"€"}\n'.encode(encoding)))
    rows = one_by_one(blocks(log, Format(kind=kind), "log"))
    assert [row for _, row in rows] == [{"a": "é"}, {"a": "€"}]


def test_json_that_is_cut_within_a_character_is_told() -> None:
    """As a bad row, which ends the log."""
    log = io.BufferedReader(io.BytesIO('{"a":"é"}'.encode("utf-16")[:-1]))
    assert faults(one_by_one(blocks(log, Format(kind="json"), "log"))) == [(1, Fault.ENCODING)]


def test_json_may_be_in_another_encoding() -> None:
    """As the mapping says."""
    log = io.BytesIO('{"a":"é"}'.encode("cp1252"))
    assert [row for _, row in one_by_one(blocks(log, Format(kind="json", encoding="cp1252"), "log"))] == [
        {"a": "é"}
    ]
