"""Times as exports have them, each with what must come of it."""

from datetime import UTC, datetime, timedelta

import pytest

from stream.importing.cells.guesses import formats
from tests.field.test_logs import Desk, desk

__all__ = ["desk"]

MAPPING = """
format: tsv
time_zone: Europe/Paris
fields: {id: id, at: {time: at, format: "FORMAT"}, channel: {constant: web}}
"""


SOUND = "2026-03-02 09:15"


def read(desk: Desk, pattern: str, *texts: str) -> tuple[list[object], str]:
    """The times, by row, BAD where one was refused, and what the import says; a sound row would follow."""
    log = "id\tat\n" + "".join(f"{place}\t{text}\n" for place, text in enumerate(texts))
    events, result = desk.imported(MAPPING.replace("FORMAT", pattern), log)
    by_id = {event["id"]: event["at"] for event in events}
    return [by_id.get(str(place), "BAD") for place in range(len(texts))], result.stderr


def test_months_are_known_in_the_languages_of_exports(desk: Desk) -> None:
    """Days of the week are whatever word stands there, if it is none of another day."""
    texts = ("Montag, 2. März 2026", "segunda, 2. março 2026", "lun., 2. marzo 2026", "ma, 2. mrt 2026")
    assert read(desk, "%a, %d. %B %Y", *texts)[0] == ["2026-03-01T23:00:00Z"] * 4
    short = ("2 Dez 2026", "2 dic 2026", "2 déc. 2026", "2 December 2026", "2 dicembre 2026")
    assert read(desk, "%d %b %Y", *short)[0] == ["2026-12-01T23:00:00Z"] * 5


def test_java_names_the_zone_behind_the_time(desk: Desk) -> None:
    """As `ZonedDateTime` prints it."""
    texts = ("2026-03-02T09:15:00+01:00[Europe/Paris]", "2026-03-02T09:15:00[Europe/London]")
    assert read(desk, "iso", *texts)[0] == ["2026-03-02T08:15:00Z", "2026-03-02T09:15:00Z"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026/03/02 09:15", ["%Y/%m/%d %H:%M"]),
        ("2026-3-2 9:15:00", ["%Y-%m-%d %H:%M:%S"]),
        ("2026-03-02 09:15:00 PM", ["%Y-%m-%d %I:%M:%S %p"]),
        ("02.03.2026, 09:15", ["%d.%m.%Y, %H:%M", "%m.%d.%Y, %H:%M"]),
        ("3/13/26 9:15AM", ["%m/%d/%y %I:%M%p"]),
        ("Mar 2, 2026 9:15 AM", ["%b %d, %Y %I:%M %p"]),
        ("Mon, 02 Mar 2026 09:15:00 +0000", ["%a, %d %b %Y %H:%M:%S %z"]),
        ("13/3/2026 9:15 p. m.", ["%d/%m/%Y %I:%M %p"]),
        ("13/3/2026 9:15 CET", ["%d/%m/%Y %H:%M %Z"]),
        ("2026/03/02 9:15:04 AM GMT+1", ["%Y/%m/%d %I:%M:%S %p %Z"]),
        ("13/3/2026 9:15 UTC-03:30", ["%d/%m/%Y %H:%M %Z"]),
        ("13/3/2026 9:15 PST", ["%d/%m/%Y %H:%M %Z"]),
        ("02-MAR-26 09.15.00", ["%d-%b-%y %H.%M.%S"]),
        ("02-MAR-26 09.15.00.000000000 AM", ["%d-%b-%y %I.%M.%S.%f %p"]),
        ("2026-03-02-09.05.07.000000", ["%Y-%m-%d-%H.%M.%S.%f"]),  # Db2's
        ("Mon Mar 2 09:05:07 2026 +0100", ["%a %b %d %H:%M:%S %Y %z"]),  # git's
        ("2026/3/2(月) 09:05", ["%Y/%m/%d(%a) %H:%M"]),
        ("2026. 3. 2.(월) 09:05", ["%Y. %m. %d.(%a) %H:%M"]),
        ("2.3.2026 klo 9.15", ["%d.%m.%Y klo %H.%M", "%m.%d.%Y klo %H.%M"]),
        ("02MAR2026:09:15:00", ["%d%b%Y:%H:%M:%S"]),
        ("lundi 2 mars 2026 à 09 h 15", ["%a %d %b %Y à %H h %M"]),
        ("2026年3月2日 下午9点15分", ["%Y年%m月%d日 %p%I点%M分"]),
        ("2026. 3. 2. 오전 9:15", ["%Y. %m. %d. %p %I:%M"]),
        ("Mon, 02 Mar 2026 09:15:00 +0100 (CET)", ["%a, %d %b %Y %H:%M:%S %z (%Z)"]),
        (
            "Mon Mar 02 2026 09:15:00 GMT+0100 (Central European Standard Time)",
            ["%a %b %d %Y %H:%M:%S GMT%z (%Z)"],
        ),
        ("2026-03-02 09:15:00.123 -0700 MST", ["%Y-%m-%d %H:%M:%S.%f %z %Z"]),
        ("1 aou\u0302t 2026", ["%d %b %Y"]),
        ("26-03-02 09:15", ["%d-%m-%y %H:%M", "%y-%m-%d %H:%M"]),
        ("Mon 02.03.26", ["%a %d.%m.%y"]),
        ("Fr 13.03.2026 09:15", ["%a %d.%m.%Y %H:%M"]),  # as Outlook in German has it
        ("vr 13-3-2026 9:15", ["%a %d-%m-%Y %H:%M"]),
        ("sex., 13 de mar. de 2026 09:15", ["%a., %d de %b. de %Y %H:%M"]),
        ("2026-W10-1", []),
        ("2 de marzo de 2026", ["%d de %b de %Y"]),
        ("20260302 09:15", ["%Y%m%d %H:%M"]),
        ("09:15 13/02/2026", ["%H:%M %d/%m/%Y"]),
        ("2026-03-02 09:15:00,123", ["%Y-%m-%d %H:%M:%S,%f"]),
        ("31/02/2026", []),
        ("yesterday", []),
        ("%d", []),
        ("", []),
    ],
)
def test_a_time_in_another_format_is_told_with_the_format(text: str, wanted: list[str]) -> None:
    """Two where either may be the month; none where it is no time."""
    assert formats(text) == wanted


def test_the_name_of_a_zone_beside_its_offset_is_read_past(desk: Desk) -> None:
    """As mail, JavaScript and Go write times: the offset tells all, and MST alone would be several zones."""
    texts = ("Mon Mar 02 2026 09:15:00 GMT+0100 (CET)", "Mon Jul 06 2026 09:15:00 GMT+0200 (heure d’été)")
    found = read(desk, "%a %b %d %Y %H:%M:%S GMT%z (%Z)", *texts)[0]
    assert found == ["2026-03-02T08:15:00Z", "2026-07-06T07:15:00Z"]
    assert read(desk, "%Y-%m-%d %H:%M:%S %z %Z", "2026-03-02 09:15:00 -0700 MST")[0] == [
        "2026-03-02T16:15:00Z"
    ]


def test_accents_may_be_coded_apart(desk: Desk) -> None:
    """In names of months and in the words around them, of the log and of the mapping."""
    texts = ("1 fe\u0301vr. 2026 a\u0300 9:15", "1 f\u00e9vr. 2026 \u00e0 9:15")
    for word in ("a\u0300", "\u00e0"):
        assert read(desk, f"%d %b %Y {word} %H:%M", *texts)[0] == ["2026-02-01T08:15:00Z"] * 2


def test_milliseconds_of_dotnet_are_unix_time(desk: Desk) -> None:
    """The offset behind them is of where they were shown."""
    texts = ("/Date(1772442900000)/", "/Date(1772442900000+0100)/")
    assert read(desk, "unix", *texts)[0] == ["2026-03-02T09:15:00Z"] * 2
    assert "`format: unix` reads it" in read(desk, "iso", texts[0], SOUND)[1]


def test_a_word_that_is_no_zone_hides_no_format(desk: Desk) -> None:
    """Of an afternoon in Chinese it said that a zone was wanted."""
    assert '`format: "%Y-%m-%d %p%I:%M"` reads it' in read(desk, "iso", "2026-03-02 下午9:15", SOUND)[1]
    assert "want a time zone such as" in read(desk, "iso", "2026-03-02 09:15 XYZ", SOUND)[1]


def test_a_month_that_comes_first_is_told(desk: Desk) -> None:
    """Rows of the first twelve days are read, and wrongly: the message says so."""
    found, said = read(desk, "%d/%m/%Y %H:%M", "3/2/2026 09:15", "3/13/2026 09:15")
    assert found[1] == "BAD"
    assert '`format: "%m/%d/%Y %H:%M"` reads it: days up to the 12th were taken for months' in said


def test_a_time_without_seconds_keeps_the_order_that_the_mapping_says(desk: Desk) -> None:
    """Nobody is asked what they have said."""
    said = read(desk, "%d/%m/%Y %H:%M:%S", "02/03/2026 09:15:00", "02/03/2026 09:15")[1]
    assert '`format: "%d/%m/%Y %H:%M"` reads it)' in said


def test_afternoons_are_known_as_spanish_writes_them(desk: Desk) -> None:
    """With a blank, wide or narrow, between the letters."""
    texts = ("02/03/2026 9:15 p. m.", "02/03/2026 9:15\u00a0p.\u00a0m.", "02/03/2026 9:15 a. m.")
    evening, morning = "2026-03-02T20:15:00Z", "2026-03-02T08:15:00Z"
    assert read(desk, "%d/%m/%Y %I:%M %p", *texts)[0] == [evening, evening, morning]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Mon 03/02/2026 09:15",
            '`format: "%a %m/%d/%Y %H:%M"` reads it: days up to the 12th were taken for',
        ),
        ("Mon 02/03/2026 09:15", ""),
        ("lun. 02/03/2026 09:15", ""),
        ("Lundi 02/03/2026 09:15", ""),
        ("Di 03/03/2026 09:15", ""),
        ("xyz 02/03/2026 09:15", ""),
        ("mar. 02/03/2026 09:15", "(2026-03-02 is no mar.)"),
        ("Samstag 02/03/2026 09:15", "(2026-03-02 is no Samstag)"),
    ],
)
def test_a_date_that_is_of_another_day_of_the_week_is_refused(desk: Desk, text: str, said: str) -> None:
    """Most often day and month were taken for each other."""
    found, told = read(desk, "%a %d/%m/%Y %H:%M", text, "Tue 03/03/2026 09:15")
    assert (found[0] == "BAD") is bool(said)
    assert said in told


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("%Y-%m-%d %H%M", "2026-07-01 111", "2026-06-30T23:11:00Z"),  # a spreadsheet has taken the 0
        ("%Y-%m-%d %H%M", "2026-07-01 1111", "2026-07-01T09:11:00Z"),
        ("%Y-%m-%d %H%M", "2026-07-01 11", "BAD"),
        ("%Y%m%d", "20260701", "2026-06-30T22:00:00Z"),
        ("%Y%m%d", "2026111", "BAD"),
        ("%d%m%Y", "1072026", "2026-06-30T22:00:00Z"),
        ("%d%m%Y", "1112026", "2026-10-31T23:00:00Z"),
        ("%d/%m/%Y", "1/7/2026", "2026-06-30T22:00:00Z"),
    ],
)
def test_digits_without_marks_between_are_of_one_time(
    desk: Desk, pattern: str, text: str, wanted: str
) -> None:
    """`111` was one past eleven, and 2026111 the first of November: either may be meant otherwise."""
    sound = datetime(2026, 12, 13, 9, 15, tzinfo=UTC).strftime(pattern)
    assert read(desk, pattern, text, sound)[0][0] == wanted


@pytest.mark.parametrize(("pattern", "text"), [("unix", "1.77244E+12"), ("excel", "4.61E+04")])
def test_times_that_a_spreadsheet_has_rounded_are_refused(desk: Desk, pattern: str, text: str) -> None:
    """Ten million milliseconds are nearly three hours: all rows of an afternoon were of one moment."""
    sound = {"unix": "1772442900", "excel": "46083.5"}[pattern]
    found, said = read(desk, pattern, text, sound)
    assert found[0] == "BAD" != found[1]
    assert "(rounded by a spreadsheet: export the log anew" in said
    assert read(desk, "unix", "1.7724429E9", "1772442900")[0] == ["2026-03-02T09:15:00Z"] * 2


@pytest.mark.parametrize(
    ("pattern", "afternoon", "morning"),
    [
        ("%Y/%m/%d %p%I:%M", "2026/3/2 下午9:15", "2026/3/2 上午9:15"),
        ("%Y年%m月%d日 %p%I:%M", "2026年3月2日 午後9:15", "2026年3月2日 午前9:15"),
        ("%Y. %m. %d. %p %I:%M", "2026. 3. 2. 오후 9:15", "2026. 3. 2. 오전 9:15"),
        ("%d/%m/%Y %I:%M %p", "2/3/2026 9:15 μ.μ.", "2/3/2026 9:15 π.μ."),
        ("%d.%m.%Y %I:%M %p", "2.3.2026 9:15 nachm.", "2.3.2026 9:15 vorm."),
    ],
)
def test_halves_of_the_day_are_known_and_never_read_past(
    desk: Desk, pattern: str, afternoon: str, morning: str
) -> None:
    """A format that has the word for the afternoon in it would read it as a morning."""
    found, _ = read(desk, pattern, afternoon, morning)
    assert found == ["2026-03-02T20:15:00Z", "2026-03-02T08:15:00Z"]
    hint = read(desk, "%Y-%m-%d %H:%M", afternoon, "2026-03-02 09:15")[1].partition(", got ")[2]
    assert "%p" in hint.partition("times:")[0]
    assert "%H" not in hint.partition("times:")[0]


def test_a_clock_of_twelve_hours_without_its_halves_is_told(desk: Desk) -> None:
    """All afternoons of the log would be mornings."""
    texts = [f"2026-03-02 {hour:02}:15" for hour in range(1, 13)]
    told = "a clock of twelve hours without AM and PM?"
    assert told in read(desk, "%Y-%m-%d %H:%M", *texts)[1]
    assert told not in read(desk, "%Y-%m-%d %H:%M", *texts, "2026-03-02 13:15")[1]
    assert told not in read(desk, "%Y-%m-%d %H:%M", *texts[7:])[1]


def test_years_that_were_perhaps_taken_for_days_are_told(desk: Desk) -> None:
    """26/03/02 is of 2002 where the day comes first."""
    told = "with day and year the other way round"
    assert told in read(desk, "%d/%m/%y", "26/03/02", "26/03/12", "26/03/25")[1]
    assert told not in read(desk, "%d/%m/%y", "02/03/26", "12/03/26", "25/03/26")[1]
    assert told in read(desk, "%y/%m/%d", "02/03/26", "12/03/26")[1]


def test_times_that_are_yet_to_come_are_told(desk: Desk) -> None:
    """Workers would refuse them: a month for a day, the zone of another office, or a clock of 2062."""
    now, pattern = datetime.now(UTC), "%Y-%m-%d %H:%M%z"
    near, far = (f"{now + timedelta(minutes=ahead):{pattern}}" for ahead in (3, 75))
    assert "yet to come" not in read(desk, pattern, "2026-03-02 09:15+00:00", near)[1]
    assert "1 event is yet to come" in read(desk, pattern, "2026-03-02 09:15+00:00", near, far)[1]
    assert "2 events are yet to come" in read(desk, pattern, "2062-03-02 09:15+00:00", far)[1]


def test_days_in_english_are_numbered_as_it_speaks(desk: Desk) -> None:
    """A format names one ending, and reads all four."""
    texts = ("March 1st, 2026", "March 2nd, 2026", "March 3rd, 2026", "March 12th, 2026", "March 2er, 2026")
    found, _ = read(desk, "%B %dth, %Y", *texts)
    assert [str(at)[8:10] for at in found] == ["28", "01", "02", "11", ""]


def test_days_of_the_week_in_japanese_and_korean_are_those_of_the_date(desk: Desk) -> None:
    """They tell a day from a month as others do: 2 March is a Monday."""
    texts = ("2026/3/2(月)", "2026/3/2(월)", "2026/3/3(火)", "2026/3/2(火)")
    found, _ = read(desk, "%Y/%m/%d(%a)", *texts)
    assert found == [*["2026-03-01T23:00:00Z"] * 2, "2026-03-02T23:00:00Z", "BAD"]
