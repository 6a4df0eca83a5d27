"""Cells as spreadsheets, databases and telephone systems write them, each with what must come of it."""

import unicodedata
from typing import Literal

import orjson
import pytest

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


def test_numbers_and_times_are_read_in_all_digits(desk: Desk) -> None:
    """Arabic, Persian and Hindi phones and spreadsheets write their own; marks of direction come along."""
    numbers = ("٤٥", "۴۵", "४५", "\u200f٤٥٫٠", "४५.0", "+٤٥")
    assert read(desk, "wait_s: {number: v}", *numbers, "−٤٥")[0] == [45] * len(numbers) + ["BAD"]
    assert read(desk, 'wait_s: {number: v, decimal: ","}', "٤٥٫٥", "١٬٢٣٤٫٥", "۵۰٪")[0] == [45.5, 1234.5, 50]
    assert read(desk, "wait_s: {seconds: v}", "٠٠:٠١:٣٠", "۱:۳۰", "٩٠")[0] == [90, 90, 90]
    assert read(desk, "opened_at: {time: v}", "٢٠٢٦-٠٣-٠٢T٠٩:١٥:٠٠Z")[0] == ["2026-03-02T09:15:00Z"]
    halved = 'opened_at: {time: v, format: "%d/%m/%Y %I:%M %p"}'
    found = read(desk, halved, "٠١/٠٣/٢٠٢٦ ٠٩:١٥ م", "1/3/2026 9:15 ص")[0]
    assert found == ["2026-03-01T21:15:00Z", "2026-03-01T09:15:00Z"]


def test_a_format_is_proposed_for_what_is_seen_of_a_time(desk: Desk) -> None:
    """Marks of direction were in the proposal, and nothing was read with it, as they are passed over."""
    told = read(desk, "opened_at: {time: v}", "\u200e3/20/2026\u200f ٩:١٥")[1]
    assert '(`format: "%m/%d/%Y %H:%M"` reads it)' in told


CODED = """
format: csv
skip: [{column: Type, is: [Prévisualisation]}]
fields:
  id: Id
  at: {time: At}
  channel: {column: Ch, map: {Téléphone: phone, Chat: chat}, otherwise: other}
  topic: {column: Motif, nulls: ["", non précisé]}
events:
  - when: [{column: État, is: [Résolu]}, {column: Type, matches: Réel}]
    fields: {event: {constant: resolved}}
  - {when: [{column: État, is_not: [Résolu]}]}
"""
CODED_LOG = """Id,At,Type,Ch,Motif,État
1,2026-03-02T09:00:00Z,Réel,Téléphone,Livraison,Résolu
2,2026-03-02T09:01:00Z,Prévisualisation,Téléphone,Livraison,Ouvert
3,2026-03-02T09:02:00Z,Réel,Chat,non précisé,Ouvert
"""


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_a_mapping_names_is_found_however_it_is_coded(desk: Desk, form: Literal["NFC", "NFD"]) -> None:
    """As Macs code accents, a preview counted, no case was resolved, and all channels were others."""
    log = unicodedata.normalize(form, CODED_LOG)
    expected = desk.imported(CODED, CODED_LOG)[0]
    assert [(event["channel"], event.get("event")) for event in expected] == [
        ("phone", "resolved"),
        ("chat", None),
    ]
    assert desk.imported(CODED, log)[0] == expected
    assert desk.imported(CODED, log.replace("non pr", "non\u00a0pr"))[0] == expected
    assert desk.imported(unicodedata.normalize("NFD", CODED), log)[0] == expected


def test_a_control_character_in_a_text_makes_no_list_of_it(desk: Desk) -> None:
    """Old Word files have U+001F for a hyphen that is perhaps needed; a row with one was refused."""
    assert read(desk, "topic: v", "un\x1ffriendly", "late")[0] == ["un friendly", "late"]


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


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("Wait (ms)", 'milliseconds: `{number: "Wait (ms)", times: 0.001}` reads them'),
        ("wait_ms", "milliseconds"),
        ("waitMilliseconds", "milliseconds"),
        ("waitMillis", "milliseconds"),
        ("totalWaitMs", "milliseconds"),
        ("timeToResolveHours", "hours"),
        ("First reply time in minutes", "minutes"),
        ("Wait (min)", "minutes"),
        ("wait_min", "minutes"),
        ("Dauer in Minuten", "minutes"),
        ("Resolution (hrs)", "hours"),
        ("Time to close in days", "days"),
    ],
)
def test_a_column_that_says_its_unit_is_not_read_as_seconds(desk: Desk, column: str, unit: str) -> None:
    """A number alone says none; a time of a clock its own, or hours where these are counted."""
    log = f"id\tat\t{column}\n" + "".join(
        f"{n}\t2026-03-02T09:00:00Z\t{v}\n" for n, v in enumerate(("5", "0:05", "0"))
    )
    events, result = desk.imported(MAPPING.replace("FIELD", f'wait_s: {{seconds: "{column}"}}'), log)
    assert [event["wait_s"] for event in events] == [300 if unit == "hours" else 5, 0]
    assert f'want seconds, got "5" {unit}' in result.stderr
    told = desk.imported(
        MAPPING.replace("FIELD", f'wait_s: {{number: "{column}"}}'), log.replace("0:05", "7")
    )[1].stderr
    assert f'wait_s is "{column}" as it stands, whose name says {unit.partition(":")[0]}' in told


@pytest.mark.parametrize(
    "column",
    [
        "Wait",
        "wait_s",
        "seconds",
        "forms",
        "admin_wait",
        "terms",
        "Programs",
        "shift_hour",
        "Wait within business hours",
        "Wait (office_hours)",
    ],
)
def test_a_column_that_says_no_other_unit_is_in_seconds(desk: Desk, column: str) -> None:
    """Whatever letters it has."""
    log = f"id\tat\t{column}\n1\t2026-03-02T09:00:00Z\t5\n"
    events, result = desk.imported(MAPPING.replace("FIELD", f'wait_s: {{seconds: "{column}"}}'), log)
    assert [event["wait_s"] for event in events] == [5]
    assert "as it stands" not in result.stderr


NOBODIES = (
    "",
    "anonymous",
    "Anonymous",
    "UNKNOWN",
    "0000000000",
    "-1",
    "NULL",
    "n/a",
    "-",
    "Private Number",
    "undefined",
)


@pytest.mark.parametrize("source", ["v", "{hash: v}", '{text: "crm:{v}"}', "{any: [v]}"])
def test_who_is_not_known_is_not_one_customer(desk: Desk, source: str) -> None:
    """Or else everybody whose number is withheld is one loud customer, who calls again and again."""
    assert read(desk, f"customer: {source}", *NOBODIES)[0] == [None] * len(NOBODIES)


def test_anonymous_callers_repeat_nobodys_call(desk: Desk) -> None:
    """FCR is of those whose calls can be told apart."""
    log = "".join(f"k{n}\t2026-03-02T09:{n:02}:00Z\tanonymous\n" for n in range(20))
    mapping = MAPPING.replace("FIELD", "customer: v")
    desk.imported(mapping, f"id\tat\tv\n{log}known\t2026-03-02T10:00:00Z\tc1\n")
    assert desk.score("fcr", "rules: [{name: f, indicator: fcr, warning: 60}]\n") == "100.0 % (1)"


def test_ids_are_what_they_were_before_a_spreadsheet_saw_them(desk: Desk) -> None:
    """Pandas makes 4711.0 of 4711 where others have none; Excel dresses what is to keep its noughts."""
    texts = ("4711.0", '="0042"', "'0042", "'+4930123", "10.0.0.1", "v1.0", "O'Neil")
    assert read(desk, "customer: v", *texts)[0] == [
        "4711", "0042", "0042", "+4930123", "10.0.0.1", "v1.0", "O'Neil",
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["v", "{hash: v}", '{text: "{v}"}', "{column: v, fold: true}"])
def test_a_customer_is_one_whatever_marks_of_direction_are_around_the_number(desk: Desk, source: str) -> None:
    """Windows' address book puts them there, and nobody sees them."""
    texts = ("+33612345678", "\u202a+33612345678\u202c", "\u200e+33612345678", "+33612345678\ufeff")
    assert len(set(read(desk, f"customer: {source}", *texts)[0])) == 1


@pytest.mark.parametrize("field", ["customer", "case", "interaction"])
def test_ids_that_a_spreadsheet_has_spoiled_are_nobodys(desk: Desk, field: str) -> None:
    """1.18E+11 is many customers: a call of one of them counts, but as nobody's."""
    found = read(desk, f"{field}: v", "1.18E+11", "1,18E+11", "#REF!", "######", "5E3")[0]
    assert found == [None] * 4 + ["5E3"]


def test_an_event_whose_id_a_spreadsheet_has_spoiled_is_refused(desk: Desk) -> None:
    """It would be taken for another that was sent again."""
    log = "id\tat\tv\n1.18E+11\t2026-03-02T09:00:00Z\tx\n1\t2026-03-02T09:00:00Z\tx\n"
    events, result = desk.imported(MAPPING.replace("FIELD", "team: v"), log)
    assert [event["id"] for event in events] == ["1"]
    assert 'want an id, got "1.18E+11", spoiled by a spreadsheet: export the log anew' in result.stderr


@pytest.mark.parametrize("source", ["id", '{text: "shop:{id}"}'])
def test_what_stands_for_none_is_no_id_of_an_event(desk: Desk, source: str) -> None:
    """All rows but the first would have been taken for the same one sent again."""
    rows = "".join(f"{text}\t2026-03-02T09:00:00Z\tx\n" for text in ("NULL", "#N/A", "NaN", "7"))
    mapping = MAPPING.replace("FIELD", "team: v").replace("id: id", f"id: {source}")
    events, result = desk.imported(mapping, f"id\tat\tv\n{rows}")
    assert [str(event["id"])[-1] for event in events] == ["7"]
    assert 'id: want an id, got "NULL", which stands for none' in result.stderr


def test_a_part_of_an_id_may_be_anything(desk: Desk) -> None:
    """What stands beside it tells it from its like."""
    log = "id\tat\tv\nNULL\t2026-03-02T09:00:00Z\tx\n"
    mapping = MAPPING.replace("FIELD", "team: v").replace("id: id", 'id: {text: "{id}:{v}"}')
    assert [event["id"] for event in desk.imported(mapping, log)[0]] == ["NULL:x"]


def test_an_event_may_have_the_id_nought(desk: Desk) -> None:
    """Rows are counted from there."""
    events, _ = desk.imported(MAPPING.replace("FIELD", "team: v"), "id\tat\tv\n0\t2026-03-02T09:00:00Z\tx\n")
    assert [event["id"] for event in events] == ["0"]


def test_one_customer_is_one_on_every_channel(desk: Desk) -> None:
    """Mail addresses in any capitals, telephone numbers however they are dialled."""
    assert (
        read(desk, "customer: {column: v, fold: true}", "A.Bee@X.com ", "a.bee@x.com")[0]
        == ["a.bee@x.com"] * 2
    )
    dialled = ("+33 6 12 34 56 78", "0033612345678", "06 12 34 56 78", "06.12.34.56.78", "(0)6-12345678")
    assert read(desk, "customer: {column: v, digits: 9}", *dialled)[0] == ["612345678"] * len(dialled)
    hashed = read(desk, "customer: {hash: v, digits: 9}", *dialled, "anonymous")[0]
    assert len(set(hashed[:-1])) == 1
    assert hashed[-1] is None


def told(who: str | None, place: int, **fields: object) -> bytes:
    """An event of somebody, a minute after the one before."""
    at = f"2026-03-02T09:{place:02}:00Z"
    return orjson.dumps({"id": f"e{place}", "at": at, "channel": "phone", "customer": who, **fields})


@pytest.mark.parametrize("nobody", ["anonymous", "0000000000", "NULL", "Unknown", "-", " " * 10])
def test_events_of_nobody_are_those_of_no_customer(desk: Desk, nobody: str) -> None:
    """In events that come as they are, too: no repeats, and no further answers of one customer."""
    calls = [told(nobody if place % 2 else f"c{place}", place) for place in range(40)]
    fcr = "rules: [{name: f, indicator: fcr, warning: 60}]\n"
    assert desk.score("fcr", fcr, b"\n".join(calls)) == "100.0 % (20)"
    answers = [told(nobody, place, indicator="csat", score=1 + place % 5) for place in range(40)]
    once = "indicators: {csat: {one_answer_per: 1d}}\nrules: [{name: c, indicator: csat}]\n"
    assert desk.score("csat", once, b"\n".join(answers)) == "40.0 % (40)"
    assert "further" not in desk.reported("rules: [{name: c, indicator: csat, min_answers: 5}]\n")


def test_percents_and_products_are_levels(desk: Desk) -> None:
    """70 × 0.1 is 7.000000000000001 in the numbers of computers, which is a level of no scale."""
    assert read(desk, "reach: {number: v, times: 0.1}", "70", "30 %", "100%")[0] == [7, 3, 10]
    assert read(desk, "wait_s: {number: v, times: 0.001}", "1500", "1234567")[0] == [1.5, 1234.567]
    assert read(desk, "reach: {number: v}", "%", "5%%", "0.1")[0] == ["BAD", "BAD", 0.1]


def test_days_stand_before_times_of_day(desk: Desk) -> None:
    """1.02:03:04 is a day and more, and not an hour and a little: so Windows writes how long things take."""
    texts = ("1.02:03:04", "1:02:03:04", "1 02:03:04", "26:03:04", "1 day 2:03:04")
    assert read(desk, "handle_s: {seconds: v}", *texts)[0] == [93_784] * len(texts)


def test_durations_are_moments_since_the_beginning_of_time(desk: Desk) -> None:
    """As ServiceNow and spreadsheets write them; a moment of any other day is none."""
    texts = ("1970-01-01 00:05:10", "1899-12-30 00:05:10", "1970-01-01T00:05:10Z")
    assert read(desk, "wait_s: {seconds: v}", *texts)[0] == [310] * len(texts)
    assert read(desk, "wait_s: {seconds: v}", "1970-01-02 00:00:01", "2026-03-02 00:05:00")[0] == [
        86_401,
        "BAD",
    ]
    assert read(desk, "wait_s: {seconds: v}", "1970-02-30 00:05:10", "1970-01-00 00:00:01")[0] == ["BAD"] * 2


def test_merged_cells_are_told(desk: Desk) -> None:
    """A report with groups names each in its first row alone: all other events would be of no team."""
    teams = [*"abc"]
    said = read(desk, "team: v", *(team for each in teams for team in (each, "", "")))[1]
    assert "3 of 10 events have a team, and none of them twice the same: merged cells?" in said
    assert "merged" not in read(desk, "team: v", *"abcabc", *[""] * 12)[1]
    assert "merged" not in read(desk, "team: v", *"abcdef")[1]


def test_a_column_of_hours_and_minutes_is_read_as_such(desk: Desk) -> None:
    """Its name says what one colon parts."""
    for column in ("Wait (hh:mm)", "Wait [h]:mm", "WAIT HH:MM", "Wait (in hrs)"):
        mapping = MAPPING.replace("FIELD", f"wait_s: {{seconds: '{column}'}}")
        rows = "1\t2026-03-02T09:00:00Z\t1:30\n2\t2026-03-02T09:00:00Z\t0:05:10\n"
        events, _ = desk.imported(mapping, f"id\tat\t{column}\n{rows}")
        assert [event["wait_s"] for event in events] == [5_400, 310]
    mapping = MAPPING.replace("FIELD", "wait_s: {seconds: 'Wait (hh:mm:ss)'}")
    events, _ = desk.imported(mapping, "id\tat\tWait (hh:mm:ss)\n1\t2026-03-02T09:00:00Z\t1:30\n")
    assert [event["wait_s"] for event in events] == [90]


def test_customers_that_are_lost_are_told(desk: Desk) -> None:
    """A spreadsheet has made one number of many callers; they were no customers without a word."""
    found, said = read(desk, "customer: v", "3.36E+10", "c-1", "")
    assert found == [None, "c-1", None]
    assert 'customer of 1 event is spoiled by a spreadsheet, such as "3.36E+10"' in said
    assert "spoiled as a power of ten" in read(desk, "customer: v", "1.8446744073709552e+19")[1]  # of pandas
    assert "spoiled" not in read(desk, "customer: v", "c-1", "anonymous")[1]


def test_one_customer_who_is_nearly_all_of_them_is_told(desk: Desk) -> None:
    """As where a number of one's own stands there, or the agent's: nobody's case would ever be solved."""
    said = read(desk, "customer: v", *["900"] * 15, *"abcdefghijklmn")[1]
    assert "15 of 29 events are of one and the same customer: is that a person?" in said
    assert "one and the same" not in read(desk, "customer: v", *["900"] * 15, *"abcdefghijklmnop")[1]
    assert "one and the same" not in read(desk, "customer: v", *["900"] * 15)[1]
