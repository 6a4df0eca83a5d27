# ruff: noqa: DTZ001, DTZ007  # local times are what these tests are about
"""Times of a foreign log: formats, zones, hours that come twice, numbers that are times."""

import re
from datetime import datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.importing.cells.columns import Column
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.strptime import FormatError, TimeFormat
from stream.importing.cells.times import Time, Twice
from stream.importing.cells.zones import ONE, SEVERAL, zone_of

UTC = ZoneInfo("UTC")
PARIS = ZoneInfo("Europe/Paris")
NULLS = frozenset({""})

DATES = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%d %b %Y", "%B %d, %Y", "%a %d %b %y", "%A, %d. %B %Y",
         "%Y%m%d", "%j %Y", "%F", "%D", "%e.%m.%Y")  # fmt: skip
CLOCKS = ("%H:%M:%S", "%I:%M:%S %p", "%p %I.%M.%S", "%H%M%S", "%T", "%X", "%I:%M:%S%p")
moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 12, 31)).map(lambda m: m.replace(microsecond=0))


def read(time: Time, text: str, **columns: str) -> object:
    """What the time in column `c` is."""
    return time.read({"c": text, **columns})


def time_of(pattern: str, zone: object = UTC, **more: object) -> Time:
    """A time in column `c`."""
    return Time(parts=("c",), pattern=pattern, zone=zone, nulls=NULLS, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("date", DATES)
@given(moment=moments)
def test_every_format_reads_back_what_it_writes(date: str, clock: str, moment: datetime) -> None:
    """Date and time of day, mornings and afternoons, noon and midnight."""
    for pattern in (f"{date} {clock}", f"{clock} {date}"):
        assert TimeFormat(pattern)(moment.strftime(pattern)) == moment


@given(moment=moments, order=st.sampled_from(list(permutations("YmdHMS"))), between=st.sampled_from(" -/:."))
def test_letters_may_stand_in_any_order(moment: datetime, order: tuple[str, ...], between: str) -> None:
    """As strptime has it."""
    pattern = between.join(f"%{letter}" for letter in order)
    text = moment.strftime(pattern)
    assert TimeFormat(pattern)(text) == datetime.strptime(text, pattern) == moment


@pytest.mark.parametrize(
    ("pattern", "want"),
    [
        ("%d/%m %H:%M", "a year"), ("%Y %H:%M", "a month and a day"), ("%Y-%m-%d %H:%M %p", "needs %I"),
        ("%Y-%m-%d %I:%M", "needs %p"), ("%Y-%m-%d %M:%S", "needs %H"), ("%Y-%m-%d %H %S", "needs %M"),
        ("%Y-%m-%d %Q", "not known"), ("%Y-%m-%d %d", "twice"), ("%Y-%m-%d %H %I %p", "one of %H"),
        ("%Y %y-%m-%d", "a year"), ("%Y-%U-%w", "not known"),
    ],
)  # fmt: skip
def test_formats_that_cannot_tell_a_time_are_refused(pattern: str, want: str) -> None:
    """Rather than read half of it."""
    with pytest.raises(FormatError, match=re.escape(want)):
        TimeFormat(pattern)


@pytest.mark.parametrize(
    "text", ["2026-03-02 24:01", "2026-02-30 10:00", "2026-03-02 10:00 ", "٢٠٢٦-03-02 10:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """Days that are not in the calendar, hours beyond the day, digits that are not ASCII's."""
    with pytest.raises(ValueError, match=r".+"):
        TimeFormat("%Y-%m-%d %H:%M")(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%Y-%m-%d %H:%M %Z", "2026-03-02 10:00 CET", "2026-03-02T09:00:00Z"),
        ("%Y-%m-%d %H:%M %Z", "2026-03-02 10:00 UTC", "2026-03-02T10:00:00Z"),
        ("%Y-%m-%d %H:%M %Z", "2026-03-02 10:00 America/New_York", "2026-03-02T15:00:00Z"),
        ("%a %b %d %H:%M:%S %Z %Y", "Mon Mar 02 10:00:00 PDT 2026", "2026-03-02T17:00:00Z"),
        ("%Y-%m-%d %H:%M:%S.%f%z", "2026-03-02 10:00:00.5+02:00", "2026-03-02T08:00:00.500Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("iso", "2026-03-02 13:05:57 UTC", "2026-03-02T13:05:57Z"),
        ("iso", "2026-03-02 15:06:23 -0700", "2026-03-02T22:06:23Z"),
        ("iso", "2026-03-02 10:00:00.795000", "2026-03-02T09:00:00.795Z"),
        ("iso", "\u200e2026-03-02 10:15", "2026-03-02T09:15:00Z"),
        (
            "%d/%m/%Y %H:%M",
            "\u200e02\u200e/\u200e03\u200e/\u200e2026\u200e 10\u200e:\u200e15",
            "2026-03-02T09:15:00Z",
        ),
        ("unix", "1772442900", "2026-03-02T09:15:00Z"),
        ("unix", "1772442900120", "2026-03-02T09:15:00.120Z"),
        ("unix", "1772442900120000", "2026-03-02T09:15:00.120Z"),
        ("unix", "1772442900.25", "2026-03-02T09:15:00.250Z"),
        ("unix", "1.7724429e+18", "2026-03-02T09:15:00Z"),
        ("%Y-%m-%d%z", "2026-03-02-05:00", "2026-03-02T05:00:00Z"),
        ("excel", "46083.385416", "2026-03-02T08:15:00Z"),
        ("excel", "46083,75", "2026-03-02T17:00:00Z"),
        ("excel", "46083", "2026-03-01T23:00:00Z"),
    ],
)
def test_a_zone_in_the_row_beats_the_mappings(pattern: str, text: str, expected: str) -> None:
    """The mapping says Europe/Paris.  Marks that browsers write between the parts of a date are not seen."""
    assert read(time_of(pattern, PARIS), text) == expected


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("unix", "46083.38"), ("unix", "0"), ("unix", "-5"), ("unix", "1e300"), ("unix", "nan"),
        ("unix", "1_7e8"), ("unix", "1.772443e+09"), ("unix", "1.77244e+12"), ("unix", "1.772443E+09"),
        ("excel", "4.6e+04"), ("iso", "2026-03-02+01:00"), ("iso", "2026-03-02-05:00"),
        ("iso", "2026-03-02/05"), ("iso", "2026-W10"), ("iso", "2026-W10-1T09:15"),
        ("iso", "2026-03-02T09:15:00+05:99"), ("iso", "2026-03-02T09:15:00\0+05:00"),
        ("%Y-%m-%d %H:%M%z", "2026-03-02 09:15+0599"),
        ("excel", "1772442900"), ("excel", "5"), ("excel", "soon"), ("excel", "1e300"),
        ("iso", "46083.38"), ("iso", "soon"), ("iso", "2026-03-02 10:00:00 XYZ"),
    ],
)  # fmt: skip
def test_numbers_that_are_other_times_are_refused(pattern: str, text: str) -> None:
    """Excel's days are not Unix seconds of January 1970, and nothing is a time that is before 1990.

    Rounded seconds are days off, and a day's zone or week is no time of day.
    """
    with pytest.raises(RowError) as caught:
        read(time_of(pattern), text)
    assert caught.value.fault is Fault.TIME


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("46083.38", "excel"),
        ("1772442900", "unix"),
        ("1772442900120", "unix"),
        ("20260302091500", '"%Y%m%d%H%M%S"'),
        ("2026-03-02+01:00", '"%Y-%m-%d%z"'),
    ],
)
def test_a_number_where_a_text_was_wanted_is_told_what_it_may_be(text: str, format_: str) -> None:
    """With the key that reads it."""
    with pytest.raises(RowError, match=f"`format: {format_}` reads"):
        read(time_of("iso"), text)


@pytest.mark.parametrize("name", SEVERAL)
def test_abbreviations_of_several_zones_are_refused(name: str) -> None:
    """On every machine alike, and with the way out: a mapping may give them a meaning."""
    way_out = re.escape(f"{name} means several zones: `zones: {{{name}: …}}` says which, ")
    with pytest.raises(RowError, match=way_out):
        read(time_of("%Y-%m-%d %H:%M %Z"), f"2026-03-02 10:00 {name}")
    meant = time_of("%Y-%m-%d %H:%M %Z", zones={name: PARIS})
    assert read(meant, f"2026-03-02 10:00 {name}") == "2026-03-02T09:00:00Z"


def test_abbreviations_of_one_zone_are_their_offsets() -> None:
    """And no abbreviation is in both lists."""
    assert not set(ONE) & set(SEVERAL)
    for name, minutes in ONE.items():
        assert zone_of(name).utcoffset(datetime(2026, 7, 1)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "name", ["europe/paris", "../etc/passwd", "", "Europe", "+25:00", "Mars", "a" * 5_000]
)
def test_other_zones_are_refused(name: str) -> None:
    """Capitals count, whatever the machine's file system thinks."""
    with pytest.raises(ValueError, match="want a time zone such as"):
        zone_of(name)


def test_zones_may_stand_in_a_column() -> None:
    """One time zone a row; where it says none, the mapping's."""
    time = time_of("%Y-%m-%d %H:%M", PARIS, row_zone=Column(column="z", nulls=NULLS))
    assert read(time, "2026-03-02 10:00", z="America/New_York") == "2026-03-02T15:00:00Z"
    assert read(time, "2026-03-02 10:00", z="+05:30") == "2026-03-02T04:30:00Z"
    assert read(time, "2026-03-02 10:00", z="") == "2026-03-02T09:00:00Z"
    with pytest.raises(RowError, match='time zone such as Europe/Paris or \\+02:00, got "Gotham"'):
        read(time, "2026-03-02 10:00", z="Gotham")


def local_times(zone: ZoneInfo, day: datetime, minutes: int) -> tuple[list[str], list[str]]:
    """A day's instants every so many minutes: local, as a log would write them, and in UTC."""
    first = day.replace(tzinfo=zone)
    instants = [first.timestamp() + 60 * step for step in range(0, 24 * 60, minutes)]
    local = [datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M") for at in instants]
    return local, [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in instants]


@pytest.mark.parametrize("minutes", [1, 2, 7, 15])
@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Paris", datetime(2026, 10, 25)),
        ("America/New_York", datetime(2026, 11, 1)),
        ("Australia/Lord_Howe", datetime(2026, 4, 5)),
        ("Europe/Paris", datetime(2026, 3, 29)),
        ("Asia/Tokyo", datetime(2026, 10, 25)),
    ],
)
def test_the_order_of_rows_tells_an_hour_that_comes_twice(
    zone: str,
    day: datetime,
    minutes: int,
    falling: bool,  # noqa: FBT001
) -> None:
    """Oldest first or newest first: every instant is the true one."""
    local, true = local_times(ZoneInfo(zone), day, minutes)
    step = -1 if falling else 1
    time = time_of("%Y-%m-%d %H:%M", ZoneInfo(zone))
    found: list[str] = []
    for text in local[::step]:
        found.append(str(read(time, text)))
        time.order.last = found[-1]
    assert found == true[::step]


def test_small_steps_back_are_not_the_change() -> None:
    """Rows are not always quite in order."""
    time = time_of("%Y-%m-%d %H:%M", PARIS)
    found = [read(time, f"2026-10-25 02:{minute}") for minute in ("10", "08", "12", "58", "01", "05")]
    assert [str(text)[11:13] for text in found] == ["00", "00", "00", "00", "01", "01"]


@pytest.mark.parametrize(("twice", "hour"), [(Twice.FIRST, "00"), (Twice.SECOND, "01")])
def test_a_log_without_order_says_which_it_means(twice: Twice, hour: str) -> None:
    """`ambiguous: first` or `second`; `refuse` makes the rows bad."""
    time = time_of("%Y-%m-%d %H:%M", PARIS, twice=twice)
    for minute in ("58", "02", "30"):
        assert read(time, f"2026-10-25 02:{minute}") == f"2026-10-25T{hour}:{minute}:00Z"
    with pytest.raises(RowError, match="came twice that night"):
        read(time_of("%Y-%m-%d %H:%M", PARIS, twice=Twice.REFUSE), "2026-10-25 02:30")
