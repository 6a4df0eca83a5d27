"""Cells as spreadsheets, databases and telephone systems write them, each with what must come of it."""

from tests.field.test_logs import Desk, desk

__all__ = ["desk"]

MAPPING = """
format: tsv
fields: {id: id, at: {time: at}, channel: {constant: phone}, FIELD}
"""


def read(desk: Desk, field: str, *texts: str) -> tuple[list[object], str]:
    """The values of a field, BAD where the row was refused, and what the import says; a sound row follows."""
    rows = [f"{place}\t2026-03-02T09:00:00Z\t{text}" for place, text in enumerate(texts)]
    log = "\n".join(["id\tat\tv", *rows, "end\t2026-03-02T10:00:00Z\t", ""])
    events, result = desk.imported(MAPPING.replace("FIELD", field), log)
    by_id = {event["id"]: event for event in events}
    name = field.partition(":")[0]
    found = [by_id[str(place)].get(name) if str(place) in by_id else "BAD" for place in range(len(texts))]
    return found, result.stderr


def test_yes_and_no_are_known_as_spreadsheets_write_them(desk: Desk) -> None:
    """A consent of TRUE was taken for a no, and its answer not counted."""
    yes, no = ("TRUE", "True", "Y", "1", "oui", "Ja", "sí", "WAHR", "x"), ("FALSE", "No", "n", "0", "nein")
    assert read(desk, "consent: {flag: v}", *yes, *no)[0] == [True] * len(yes) + [False] * len(no)


def test_what_is_neither_yes_nor_no_is_told(desk: Desk) -> None:
    """It is not a no without a word; words of the mapping's own are as they always were."""
    found, said = read(desk, "consent: {flag: v}", "maybe", "2", "")
    assert found == ["BAD", "BAD", None]
    assert 'want true or false, got "maybe" (`is:' in said
    assert read(desk, 'consent: {flag: v, is: ["Opted in"]}', "Opted in", "Opted out")[0] == [True, False]


def test_thousands_may_be_parted(desk: Desk) -> None:
    """What one comma means has to be said: a factor of a thousand is no small mistake."""
    found, said = read(desk, "reach: {number: v}", "1 234", "1,234.5", "1,234,567", "'5", "1,234")
    assert found == [1234, 1234.5, 1234567, 5, "BAD"]
    assert '`decimal: ","` in the mapping, `decimal: "."` if it parts thousands?' in said
    assert read(desk, 'reach: {number: v, decimal: "."}', "1,234")[0] == [1234]
    assert read(desk, 'reach: {number: v, decimal: ","}', "1,234", "1.234")[0] == [1.234, 1234]


def test_durations_are_read_as_dialers_write_them(desk: Desk) -> None:
    """Clock times, units, ISO 8601 and milliseconds; a bare number is seconds."""
    texts = ("00:01:30", "1:30", "1m 30s", "PT1M30S", "90 sec", "90000ms", "0 days 00:01:30", "90")
    assert read(desk, "wait_s: {seconds: v}", *texts)[0] == [90] * len(texts)
    assert read(desk, "wait_s: {seconds: v}", "-5", "P1M", "12:15 AM")[0] == ["BAD"] * 3
