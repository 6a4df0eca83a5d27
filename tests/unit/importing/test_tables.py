"""Tables: rows of CSV, TSV and NDJSON with their line numbers."""

import io

import pytest

from alerts.errors import SettingsError
from stream.importing.columns import Fault, RowError
from stream.importing.mapping import Format
from stream.importing.tables import Numbered, distinct, rows


def read(content: bytes, layout: Format) -> list[Numbered]:
    """All rows of a log."""
    return list(rows(io.BytesIO(content), layout, "log"))


def faults(found: list[Numbered]) -> list[tuple[int, Fault]]:
    """Line and reason of the rows that could not be read."""
    return [(number, row.fault) for number, row in found if isinstance(row, RowError)]


def test_csv_has_a_header_quotes_and_line_breaks_within() -> None:
    """As spreadsheets write it, byte order mark included; a row's number is that of its last line."""
    content = b'\xef\xbb\xbfid;text\r\n1;"a;b\nc"\r\n\r\n2;d\r\n'
    assert read(content, Format(delimiter=";")) == [
        (3, {"id": "1", "text": "a;b\nc"}),
        (5, {"id": "2", "text": "d"}),
    ]


def test_tsv_has_no_quotes() -> None:
    """A quotation mark is a character like any other."""
    assert read(b'id\ttext\n1\t"a\n', Format("tsv", delimiter="\t")) == [(2, {"id": "1", "text": '"a'})]


def test_columns_may_be_named_by_the_mapping() -> None:
    """Then the first line is a row."""
    assert read(b"1,2\n", Format(columns=("a", "b"))) == [(1, {"a": "1", "b": "2"})]


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


def test_a_file_without_header_is_the_operators_mistake() -> None:
    """Nothing can be said about its rows."""
    with pytest.raises(SettingsError, match="want a header line"):
        read(b"", Format())


def test_ndjson_is_flattened_to_text() -> None:
    """Nested objects have dotted paths; nulls are as if they were not there, plain lists are one text."""
    content = b'{"a": {"b": 1.5, "c": true}, "d": "x", "e": null, "f": [1]}\n\n[1]\n{"a"\n'
    found = read(content, Format("ndjson"))
    assert found[0] == (1, {"a.b": "1.5", "a.c": "true", "d": "x", "f": "1"})
    assert faults(found) == [(3, Fault.SYNTAX), (4, Fault.SYNTAX)]


def test_other_encodings_are_declared() -> None:
    """Latin-1 where the mapping says so."""
    assert read("a\ncafé\n".encode("latin-1"), Format(encoding="latin-1")) == [(2, {"a": "café"})]
