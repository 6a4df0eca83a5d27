"""Batches: what is read column by column is what single rows say, however the rows are cut."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stream.importing.batches.latest_times import LatestTimes
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.lookups import look_up
from stream.importing.cells.text import Row
from stream.importing.importer import Importer
from stream.importing.mapping import LogMapping
from stream.importing.mapping_file.reader import parse
from stream.importing.row_events import OneRow, row_events
from stream.importing.rows.row_blocks import gathered

EVERYTHING = """
nulls: ["", "?"]
time_zone: Europe/Paris
tables:
  asked: {by: [code, {text: "{code}-{who}"}], required: true, entries: {a: csat, b-1: {indicator: nps},
          c: {scale: 1-2}}}
want: [{column: id, present: true}]
skip: [{column: n, over: 7}, {column: note, contains: [spam]}, {column: asked, is: [ces]}]
fields:
  id: {text: "{id}-{code}"}
  at: {time: [day, clock], format: "%d/%m/%Y %H:%M"}
  channel: {any: [{column: who, map: {"1": web, "2": shop}, otherwise: phone}, {constant: mail}]}
  customer: {hash: who}
  team: {column: note, when: [{column: code, is: [a]}]}
  topic: {column: note, split: " ", map: {spam: junk, x: known}}
  wait_s: {seconds: n}
  segment: {column: note, pattern: "([a-z]+)"}
events:
  - when: [{column: code, is: [a, c]}, {column: n, under: 5}]
    fields: {indicator: {constant: csat}, score: {number: n}, scale: {column: note}, consent: {flag: who}}
  - when: [{any_present: [note, clock]}]
    fields: {event: {constant: abandoned}}
  - when: [{column: note, matches: "^x"}]
    fields:
      opened_at: {time: day, format: "%d/%m/%Y"}
      product: {text: "{who}", map: {"1": one}, otherwise: two}
"""
CASES = """
case: CASE
nulls: ["", "?"]
time_zone: Europe/Paris
fields:
  id: {text: "{id}-{n}"}
  at: {time: [day, clock], format: "%d/%m/%Y %H:%M"}
  channel: {constant: desk}
events:
  - {when: [first]}
  - {when: [{rises: n}], fields: {event: {constant: reopened}}}
  - {when: [{changes: code}], fields: {event: {constant: transferred}}}
  - {when: [last, {column: note, present: true}], fields: {event: {constant: resolved}}}
"""
TEXTS = {
    "id": ["", "1", "2", "3"],
    "code": ["a", "b", "c", "d", "a\x1fb", " a "],
    "who": ["", "1", "2", "\udcff"],
    "n": ["", "0", "3", "9", "1:30", "x", "4.5"],
    "note": ["", "?", "x", "spam", "x spam", "1-2", "yes\x1fno", "é"],
    "day": ["26/10/2025", "26/10/2025", "1/3/2026", "01/03/2026", "30/02/2026", "?"],
    "clock": ["01:58", "02:10", "02:50", "03:10", "24:00", "9:05", ""],
}
rows = st.lists(
    st.fixed_dictionaries({}, optional={column: st.sampled_from(texts) for column, texts in TEXTS.items()}),
    max_size=12,
)
Rows = Sequence[dict[str, str]]


def imported(mapping: LogMapping, log: Rows, size: int) -> tuple[list[bytes], Importer]:
    """What comes of a log that is read in blocks of so many rows."""
    importer = Importer(mapping)
    blocks = gathered(enumerate(log, 2), size)
    lines = [line for lines in (*importer.lines(blocks), *importer.finish()) for line in lines]
    return lines, importer


def singly(mapping: LogMapping, log: Rows) -> tuple[list[bytes], list[tuple[int, str]]]:
    """What each row makes by itself, and what is wrong with rows, by their numbers."""
    lines: list[bytes] = []
    wrong: list[tuple[int, str]] = []
    times = LatestTimes(mapping.shapes)
    for number, row in enumerate(log, 2):
        try:
            _see_whose(mapping, row)
            found = look_up(row, mapping.tables, {})
            if any(condition.holds(found.row, None, last=False) for condition in mapping.skip):
                continue
            one = OneRow(found.row, None, last=True, filled=found.fields, missing=found.missing)
            made = row_events(mapping.shapes, one)
            times.follow([(number, *event) for event in made])
            lines += [line for _, _, line in made]
        except RowError as error:
            wrong.append((number, str(error)))
    return lines, wrong


def _see_whose(mapping: LogMapping, row: Row) -> None:
    for condition in mapping.want:
        if not condition.holds(row, None, last=False):
            found = row.get(str(condition.column), "").strip()
            raise RowError(Fault.FOREIGN, f'{condition.column}: not as in this log, got "{found}"')


@given(rows, st.sampled_from([1, 3, 100]))
def test_batches_say_what_rows_say(log: Rows, size: int) -> None:
    """The same events to the byte, and the same words on what is wrong with which row."""
    lines, importer = imported(parse(EVERYTHING, "m.yaml"), log, size)
    expected, wrong = singly(parse(EVERYTHING, "m.yaml"), log)
    assert lines == expected
    assert importer.tale.first_bad == wrong[:5]
    assert importer.tale.bad.total() == len(wrong)


@given(rows, st.sampled_from(["code", "{column: code, together: true}"]))
def test_where_blocks_end_does_not_matter_to_cases(log: Rows, case: str) -> None:
    """Rows of a case may lie in several blocks."""
    mapping = CASES.replace("CASE", case)
    lines, whole = imported(parse(mapping, "m.yaml"), log, 100)
    for size in (1, 2):
        found, importer = imported(parse(mapping, "m.yaml"), log, size)
        assert found == lines
        assert importer.tale == whole.tale


def test_a_row_that_makes_no_event_tells_nothing_of_an_hour_that_comes_twice() -> None:
    """It has no id, and a time of next March: the log does not run backwards for that."""
    log: Rows = [
        {"code": "a", "n": "0", "day": "01/03/2026", "clock": "9:05"},
        {"id": "1", "code": "a", "n": "3", "day": "26/10/2025", "clock": "02:10"},
    ]
    for size in (1, 2):
        (line,), _ = imported(parse(CASES.replace("CASE", "code"), "m.yaml"), log, size)
        assert b"2025-10-26T00:10:00Z" in line
