"""Columns: how the text of a foreign log becomes the values of an event's fields."""

from zoneinfo import ZoneInfo

import pytest

from stream.importing.cells.columns import (
    Column,
    Constant,
    FieldSource,
    Flag,
    Number,
    Pseudonym,
    Seconds,
    Template,
)
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.patterns import Pattern
from stream.importing.cells.text import LIST
from stream.importing.cells.times import Time

UTC = ZoneInfo("UTC")
PARIS = ZoneInfo("Europe/Paris")
NULLS = frozenset({"", "?"})


def fault_of(source: FieldSource, text: str) -> Fault:
    """Why the text in column `c` cannot be read."""
    with pytest.raises(RowError) as caught:
        source.read({"c": text})
    return caught.value.fault


@pytest.mark.parametrize("text", ["", "  ", "?", " ? "])
@pytest.mark.parametrize(
    "source",
    [
        Column(column="c", nulls=NULLS),
        Template("{c}", NULLS),
        Time(parts=("c",), pattern="iso", zone=UTC, nulls=NULLS),
        Seconds("c", NULLS),
        Number("c", 1, NULLS),
        Flag("c", frozenset({"1"}), NULLS),
    ],
)
def test_null_markers_are_no_value(source: FieldSource, text: str) -> None:
    """What stands for nothing in the log is left out of the event, blanks around it or not."""
    assert source.read({"c": text}) is None
    assert source.read({}) is None


def test_a_constant_needs_no_column() -> None:
    """Every row has the same value."""
    assert Constant(3).read({}) == 3
    assert Constant(3).columns == ()


def test_a_lookup_table_translates() -> None:
    """Codes become words; an unknown code is the row's fault unless the table has an `otherwise`."""
    table = {"A": "answered"}
    assert Column(column="c", nulls=NULLS, table=table).read({"c": " A "}) == "answered"
    assert Column(column="c", nulls=NULLS, table=table, otherwise="other").read({"c": "B"}) == "other"
    assert fault_of(Column(column="c", nulls=NULLS, table=table), "B") is Fault.LOOKUP


def test_a_template_joins_columns() -> None:
    """Ids are often made of several columns; without one of them there is no id."""
    template = Template("{a b}-{c+d}!", NULLS)
    assert template.columns == ["a b", "c+d"]
    assert template.read({"a b": "1", "c+d": "2"}) == "1-2!"
    assert template.read({"a b": "1", "c+d": "?"}) is None


@pytest.mark.parametrize(
    ("pattern", "zone", "text", "expected"),
    [
        ("iso", UTC, "2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
        ("iso", PARIS, "2026-03-01 10:00:00.250", "2026-03-01T09:00:00.250Z"),
        ("%d/%m/%Y %H:%M", UTC, "1/3/2016 09:07", "2016-03-01T09:07:00Z"),
        ("%d/%m/%Y %H:%M", PARIS, "1/7/2016 09:07", "2016-07-01T07:07:00Z"),
        ("%y%m%d", UTC, "990107", "1999-01-07T00:00:00Z"),
        ("%Y-%m-%d %H:%M:%S %z", PARIS, "2026-03-01 10:00:00 -0500", "2026-03-01T15:00:00Z"),
        ("unix", PARIS, "1456788000", "2016-02-29T23:20:00Z"),
        ("unix", PARIS, "1456788000250", "2016-02-29T23:20:00.250Z"),
        # 02:30 came twice on that night; the earlier one is taken.
        ("%Y-%m-%d %H:%M", PARIS, "2026-10-25 02:30", "2026-10-25T00:30:00Z"),
    ],
)
def test_times_come_out_in_utc(pattern: str, zone: ZoneInfo, text: str, expected: str) -> None:
    """A time without an offset is local to the mapping's zone."""
    assert Time(parts=("c",), pattern=pattern, zone=zone, nulls=NULLS).read({"c": text}) == expected


def test_date_and_time_of_day_may_be_two_columns() -> None:
    """They are put together with a space."""
    time = Time(parts=("day", "clock"), pattern="%y%m%d %H:%M:%S", zone=UTC, nulls=NULLS)
    assert time.read({"day": "990107", "clock": "18:00:05"}) == "1999-01-07T18:00:05Z"
    assert time.read({"day": "990107", "clock": ""}) is None


@pytest.mark.parametrize("text", ["31/2/2016 10:00", "2016-01-01", "soon", "1/1/2016 10:00:00"])
def test_other_formats_are_the_rows_fault(text: str) -> None:
    """A time is never guessed."""
    assert fault_of(Time(parts=("c",), pattern="%d/%m/%Y %H:%M", zone=UTC, nulls=NULLS), text) is Fault.TIME


def test_unix_times_beyond_the_calendar_are_the_rows_fault() -> None:
    """They end in the year 9999."""
    assert fault_of(Time(parts=("c",), pattern="unix", zone=UTC, nulls=NULLS), "1e300") is Fault.TIME


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("153", 153),
        ("1.5", 1.5),
        ("2:05", 125),
        ("1:00:01", 3601),
        ("90:30.5", 5430.5),
        ("0:60", 60),
        ("0:00:00", 0),
        ("1e3", 1000),
        ("1h 5m", 3900),
        ("1h30", 5400),
        ("2 min. 30 sec", 150),
        ("1 hour and 5 minutes", 3900),
        ("90s", 90),
        ("1500 ms", 1.5),
        ("1 day, 2:00:00", 93_600),
        ("1d 02:03", 93_780),
        ("12:05 hrs", 43_500),
        ("2:30 Std.", 9_000),
        ("1:05 min", 65),
        ("0 days 00:01:30.500", 90.5),
        ("PT1M30S", 90),
        ("2 uur en 5 minuten", 7_500),
        ("1 giorno, 3 ore e 10 secondi", 97_210),
        ("2 días 1 hora", 176_400),
        ("P1DT2H", 93_600),
        ("PT0.5S", 0.5),
    ],
)
def test_durations_may_be_clock_times(text: str, expected: float) -> None:
    """Seconds, m:s or h:m:s, units, or ISO 8601."""
    assert Seconds("c", NULLS).read({"c": text}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "1:2:3:4",
        "5 moons",
        "5m 1h",
        "1d 5",
        "1:05 d",
        "1:30 s",
        "1:75 h",
        "P1M",
        "PT",
        "nan",
        "inf",
        "1:-5",
        "12:15 AM",
        "12:75",
        "1:61:00",
        "1.5:30",
        "1e2:30",
    ],
)
def test_other_durations_are_the_rows_fault(text: str) -> None:
    """Negative and unbounded ones included, and those whose minutes are hundredths."""
    assert fault_of(Seconds("c", NULLS), text) is Fault.NUMBER


@pytest.mark.parametrize(("text", "decimal"), [("1,75", ","), ("1.280,5", ","), ("1,280", "."), ("1.75", "")])
def test_a_number_of_hours_is_none_of_seconds(text: str, decimal: str) -> None:
    """However its country writes it; hours of business name what is counted, and no unit."""
    for column in ("Actual Hours", "actualHours"):
        with pytest.raises(RowError, match=f'got "{text}" hours'):
            Seconds(column, NULLS, decimal).read({column: text})
    for column in ("Resolution Time in Business Hours", "timeInBusinessHours"):
        assert Seconds(column, NULLS, decimal).read({column: text})


def test_numbers_are_scaled() -> None:
    """Milliseconds become seconds."""
    assert Number("c", 0.001, NULLS).read({"c": "1500"}) == 1.5
    assert Number("c", 1, NULLS).read({"c": "4"}) == 4
    assert fault_of(Number("c", 1, NULLS), "four") is Fault.NUMBER


def test_flags_know_their_words() -> None:
    """Any other word means no."""
    flag = Flag("c", frozenset({"true"}), NULLS)
    assert flag.read({"c": "true"}) is True
    assert flag.read({"c": "false"}) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12,5", 12.5),
        ("1.234,5", 1234.5),
        ("1 234,50", 1234.5),
        ("-4", -4),
        ("4,0", 4),
        ("1.234.567", 1234567),
    ],
)
def test_a_decimal_comma_is_an_option(text: str, expected: float) -> None:
    """With points or blanks between thousands."""
    assert Number("c", 1, NULLS, ",").read({"c": text}) == expected


@pytest.mark.parametrize("text", ["4.5", "1,2,3", "12.34,5", "1_000", "\u00b3", "1e999", "0x10", ""])
def test_what_is_no_number_with_a_comma_is_refused(text: str) -> None:
    """A point between digits that are not thousands could be either."""
    assert fault_of(Number("c", 1, frozenset(), ","), text) is Fault.NUMBER


def test_a_comma_without_the_option_says_so() -> None:
    """The message leads to the fix."""
    with pytest.raises(RowError, match='got "12,5" \\(`decimal: ","` in the mapping'):
        Number("c", 1, NULLS).read({"c": "12,5"})
    assert Seconds("c", NULLS, ",").read({"c": "1:05,5"}) == 65.5


def test_lists_choose_by_their_table() -> None:
    """The first entry of the table that the list has; no entry is no value."""
    table = {"vip": "gold", "new": "fresh"}
    assert Column(column="c", nulls=NULLS, table=table, split=" ").read({"c": "a new vip"}) == "gold"
    assert Column(column="c", nulls=NULLS, table=table).read({"c": f"a{LIST}new"}) == "fresh"
    assert (
        Column(column="c", nulls=NULLS, table=table, otherwise="other", split=" ").read({"c": "a b"})
        == "other"
    )
    assert Column(column="c", nulls=NULLS, table=table, split=" ").read({"c": "a b"}) is None


def test_text_is_cut_out_by_a_pattern() -> None:
    """Of a list, from the items that match; what does not match is no value."""
    source = Column(column="c", nulls=NULLS, pattern=Pattern("^topic_(.+)"))
    assert source.read({"c": "topic_billing"}) == "billing"
    assert source.read({"c": "billing"}) is None
    assert source.read({"c": f"vip{LIST}topic_billing"}) == "billing"


def test_a_digest_stands_for_a_number() -> None:
    """The same one for the same text, and nothing for nothing."""
    source = Pseudonym("c", NULLS)
    assert source.read({"c": "+33123456789"}) == source.read({"c": " +33123456789 "})
    assert source.read({"c": "+33123456789"}) != source.read({"c": "+33123456780"})
    assert source.read({"c": ""}) is None
