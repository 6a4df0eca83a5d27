# ruff: noqa: E501  # rows of exports are as long as they are
"""Logs as people have them: situations that were reported in public, each with what must come of it."""

import re
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from click.testing import CliRunner, Result

from alerts.errors import RulebookError, SettingsError
from stream.cli.backtest import command as backtest
from stream.cli.check import command as check
from stream.cli.importing import command as importing

RULES = "rules: [{name: c, indicator: csat, window: 1h, min_answers: 2, confidence: 0}]\n"
NINE = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("UTC"))


class Desk:
    """A folder in which somebody works with Tocsin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> str:
        """A file; its path."""
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return str(self.folder / name)

    def imported(
        self, mapping: str, log: str | bytes, *options: str, kind: str | None = None
    ) -> tuple[list[dict[str, object]], Result]:
        """The events that a mapping, or a shipped one, makes of a log."""
        arguments = [kind or self.write("map.yaml", mapping), self.write("log", log), *options]
        result = CliRunner().invoke(importing, arguments, catch_exceptions=False)
        self.write("events.ndjson", result.stdout)
        return [orjson.loads(line) for line in result.stdout.splitlines()], result

    def reported(self, rules: str, events: str | bytes | None = None) -> str:
        """What a backtest says of some events, or of those that were imported last."""
        if events is not None:
            self.write("events.ndjson", events)
        arguments = [
            "--rules",
            self.write("rules.yaml", rules),
            "--events",
            str(self.folder / "events.ndjson"),
        ]
        result = CliRunner().invoke(backtest, [*arguments, "--report", "1d"])
        refused = result.exception if isinstance(result.exception, SettingsError | RulebookError) else ""
        if result.exception and not refused:
            raise result.exception
        return f"{result.output}{refused}"

    def score(self, indicator: str, rules: str = RULES, events: str | bytes | None = None) -> str:
        """The score of a whole log and its number of answers, as the report shows it: `60.0 % (40)`."""
        report = self.reported(rules, events)
        head = next(line for line in report.splitlines() if line.startswith("from  "))
        last = next(line for line in report.splitlines() if line.startswith("in all"))
        end = re.search(rf"\b{indicator}\b", head)
        assert end is not None
        return re.split(r"  +", last[: end.end()])[-1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder of one's own."""
    return Desk(tmp_path)


def answers(scores: Sequence[object], indicator: str = "csat", **others: object) -> bytes:
    """One answer a minute from nine o'clock."""
    return b"\n".join(
        orjson.dumps({
            "id": f"a{place}", "at": (NINE + timedelta(minutes=place)).isoformat(), "channel": "web",
            "indicator": indicator, "score": score, **others,
        })
        for place, score in enumerate(scores)
    )  # fmt: skip


@pytest.mark.parametrize("scale", [{}, {"scale": "yes-no"}, {"scale": "thumbs"}])
def test_01_good_and_bad_are_counted_both(desk: Desk, scale: dict[str, Any]) -> None:
    """Zendesk's words: 24 good of 40 are 60 %, on the default scale and on yes-no."""
    assert desk.score("csat", RULES, answers(["good"] * 24 + ["bad"] * 16, **scale)) == "60.0 % (40)"


def test_02_an_nps_answer_of_zero_counts(desk: Desk) -> None:
    """Two of 0, a 9 and a 10; an empty cell makes no answer."""
    mapping = """
fields: {at: {time: at}, channel: {constant: web}}
events:
  - when: [{column: q, present: true}]
    fields: {id: id, indicator: {constant: nps}, score: q}
"""
    log = "id,at,q\n" + "".join(
        f"r{n},2026-03-02T09:0{n}:00Z,{q}\n" for n, q in enumerate(["0", "0", "10", "9", ""])
    )
    events, _ = desk.imported(mapping, log, "--strict")
    assert len(events) == 4
    assert desk.score("nps", "rules: [{name: n, indicator: nps}]\n") == "0.00 (4)"


RATED = "fields: {id: id, at: {time: at}, channel: {constant: chat}, indicator: {constant: csat}, score: RATING}\n"


@pytest.mark.parametrize("score", ["rating", "{number: rating}"])
def test_03_ratings_that_a_spreadsheet_made_fractions_of_count(desk: Desk, score: str) -> None:
    """5.0 is a 5: ten of thirty are positive."""
    ratings = ["5.0", "2.0", "1.0"] * 10
    log = "id,at,rating\n" + "".join(f"s{n},2026-03-02T09:{n:02}:00Z,{r}\n" for n, r in enumerate(ratings))
    _, result = desk.imported(RATED.replace("RATING", score), log, "--strict")
    assert result.exit_code == 0
    assert desk.score("csat") == "33.3 % (30)"


def test_04_afternoons_are_not_read_as_mornings(desk: Desk) -> None:
    """`%p` without `%I` is refused; with it 01:20 PM in New York is 18:20 UTC."""
    mapping = (
        RATED.replace("{time: at}", '{time: at, format: "%m/%d/%Y FORMAT"}') + "time_zone: America/New_York\n"
    )
    log = "id,at,rating\n1,03/02/2026 01:20:00 PM,2\n2,03/02/2026 12:30:00 AM,4\n"
    mapping = mapping.replace("RATING", "rating")
    with pytest.raises(RulebookError, match=r"%p \(AM or PM\) needs %I"):
        desk.imported(mapping.replace("FORMAT", "%H:%M:%S %p"), log)
    events, _ = desk.imported(mapping.replace("FORMAT", "%I:%M:%S %p"), log)
    assert [event["at"] for event in events] == ["2026-03-02T05:30:00Z", "2026-03-02T18:20:00Z"]


def test_12_calls_over_the_hour_that_comes_twice_page_nobody(desk: Desk) -> None:
    """A steady line, a call every two minutes: neither too many at one time nor silence after it."""
    paris = ZoneInfo("Europe/Paris")
    first = datetime(2026, 10, 25, tzinfo=paris).timestamp()
    local = [datetime.fromtimestamp(first + 120 * n, paris).strftime("%d/%m/%Y %H:%M:%S") for n in range(240)]
    mapping = """
time_zone: Europe/Paris
fields:
  {id: id, at: {time: t, format: "%d/%m/%Y %H:%M:%S"}, channel: {constant: phone}, team: {constant: hotline}}
"""
    desk.imported(mapping, "id,t\n" + "".join(f"k{n},{text}\n" for n, text in enumerate(local)), "--strict")
    rules = """
rules:
  - {name: too-many, indicator: contacts, by: [team], window: 30m, critical: 25, confidence: 0}
  - {name: silent, indicator: contacts, by: [team], detect: silence, at_least: 5 per 30m, time_zone: Europe/Paris}
"""
    assert "Nothing fired." in desk.reported(rules)


def test_13_values_of_a_schema_registry_are_read(desk: Desk) -> None:
    """A zero byte and the schema's number before the JSON."""
    lines = answers([5, 5, 1]).split(b"\n")
    report = desk.reported(RULES, b"\n".join(b"\0\0\0\0\x07" + line for line in lines))
    assert "3 events read" in report
    assert "3 accepted" in report


def test_15_a_workbook_is_refused_with_what_to_do(desk: Desk) -> None:
    """Not as an archive with several files."""
    with zipfile.ZipFile(desk.folder / "log", "w") as book:
        for name in ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            book.writestr(name, "")
    with pytest.raises(SettingsError, match=r"an Excel workbook .*save it as CSV"):
        desk.imported(RATED.replace("RATING", "rating"), (desk.folder / "log").read_bytes())


@pytest.mark.parametrize(
    "constant", ["country: {constant: NO}", "team: {constant: 007}", "variant: {constant: on}"]
)
def test_16_norway_is_a_country(desk: Desk, constant: str) -> None:
    """YAML takes NO for false and 007 for 7: the message says how to write the text."""
    mapping = RATED.replace("RATING", "rating").replace("}\n", f", {constant}}}\n")
    with pytest.raises(
        RulebookError, match=r'want text, got (NO|007|on) without quotes \(write "(NO|007|on)"\)'
    ):
        desk.imported(mapping, "id,at,rating\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_17_excels_line_above_the_header_is_passed_over(desk: Desk, encoding: str) -> None:
    """In any encoding that Excel writes."""
    log = "sep=;\r\nid;at;rating\r\nA1;2026-03-02T09:00:00Z;4\r\n"
    events, _ = desk.imported(RATED.replace("RATING", "rating"), log.encode(encoding), "--strict")
    assert [event["score"] for event in events] == ["4"]


def test_18_three_header_rows_are_no_answers(desk: Desk) -> None:
    """Qualtrics: read with one `skip` line, or as what they are."""
    log = """EndDate,Status,ResponseId,Q1
End Date,Response Type,Response ID,How likely are you?
"{""ImportId"":""endDate"",""timeZone"":""America/Denver""}","{""ImportId"":""status""}","{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"
2026-03-02 09:02:11,Survey Preview,R_a,1
2026-03-02 09:12:11,IP Address,R_b,9
2026-03-02 09:22:11,IP Address,R_c,0
"""
    mapping = """
time_zone: America/Denver
skip: [{column: Status, is_not: [IP Address]}]
fields: {id: ResponseId, at: {time: EndDate}, channel: {constant: web}, indicator: {constant: nps}, score: Q1}
"""
    for text in (mapping, "header_rows: 3\n" + mapping):
        events, _ = desk.imported(text, log, "--strict")
        assert [event["score"] for event in events] == ["9", "0"]


def test_20_one_fast_clock_hides_no_alert(desk: Desk) -> None:
    """Four minutes ahead: the page comes half a minute later."""
    sound = answers([5] * 30 + [1] * 30)
    fast = orjson.dumps({
        "id": "fast", "at": (NINE + timedelta(minutes=34)).isoformat(), "channel": "web", "indicator": "csat",
        "score": 5,
    })  # fmt: skip
    lines = sound.split(b"\n")
    lines.insert(30, fast)
    rules = "rules: [{name: low, indicator: csat, window: 15m, critical: 50, min_answers: 5}]\n"
    assert "critical" in desk.reported(rules, b"\n".join(lines))


def test_23_one_response_with_three_questions_is_three_answers_under_one_id(desk: Desk) -> None:
    """Answers are known by id and indicator, in the import as in the worker."""
    mapping = """
fields: {id: id, at: {time: at}, channel: {constant: web}}
events:
  - {when: [{column: sat, present: true}], fields: {indicator: {constant: csat}, score: sat}}
  - {when: [{column: rec, present: true}], fields: {indicator: {constant: nps}, score: rec}}
  - {when: [{column: eff, present: true}], fields: {indicator: {constant: ces}, score: eff}}
"""
    log = """id,at,sat,rec,eff
s1,2026-03-02T09:00:00Z,5,9,6
s2,2026-03-02T09:05:00Z,2,3,
s3,2026-03-02T09:06:00Z,4,10,2
"""
    events, result = desk.imported(mapping, log, "--strict")
    assert result.exit_code == 0
    assert len(events) == 8
    assert desk.score("csat") == "66.7 % (3)"
    assert desk.score("nps", "rules: [{name: n, indicator: nps}]\n") == "33.33 (3)"
    assert "(2)" in desk.score("ces", "rules: [{name: c, indicator: ces}]\n")


def test_24_excels_days_are_no_seconds_of_1970(desk: Desk) -> None:
    """`excel` reads them; `unix` refuses them and says so."""
    log = "id,at,rating\n1,46083.385416,4\n2,46083.75,2\n"
    mapping = RATED.replace("RATING", "rating").replace("{time: at}", "{time: at, format: FORMAT}")
    events, _ = desk.imported(
        "time_zone: Europe/Paris\n" + mapping.replace("FORMAT", "excel"), log, "--strict"
    )
    assert [event["at"] for event in events] == ["2026-03-02T08:15:00Z", "2026-03-02T17:00:00Z"]
    with pytest.raises(SettingsError, match="got none in 2"):
        desk.imported(mapping.replace("FORMAT", "unix"), log)


def test_25_nps_on_one_to_ten_is_refused_by_name(desk: Desk) -> None:
    """In a rules file and in an event: why, and what to do instead."""
    rules = desk.write("rules.yaml", "indicators: {nps: {scale: 1-10}}\nrules: [{name: n, indicator: nps}]\n")
    said = CliRunner().invoke(check, [rules]).output
    assert re.search(r"NPS is asked on 0-10.*count these answers as csat", said)
    report = desk.reported("rules: [{name: n, indicator: nps}]\n", answers([10, 6], "nps", scale="1-10"))
    assert "NPS is asked on 0-10" in report
    assert "2 × bad_scale" in report


def test_26_what_was_refused_does_not_use_up_its_id(desk: Desk) -> None:
    """A submission that is sent as it grows counts when its score is there."""
    partial = answers([None]).replace(b"a0", b"sub")
    whole = answers([2]).replace(b"a0", b"sub")
    report = desk.reported(RULES, b"\n".join([partial, whole, whole]))
    assert "1 accepted, 1 duplicate, 1 rejected" in report


def test_27_a_decimal_comma_is_an_option(desk: Desk) -> None:
    """For the file or for one field; without it the message names it."""
    mapping = """
delimiter: ";"
fields:
  {id: Ref, at: {time: Date, format: "%d/%m/%Y %H:%M"}, channel: {constant: phone}, wait_s: {seconds: Attente}}
"""
    log = "Ref;Date;Attente\nA1;02/03/2026 09:15;12,5\nA2;02/03/2026 09:20;1:05,5\n"
    events, _ = desk.imported('decimal: ","\n' + mapping, log, "--strict")
    assert [event["wait_s"] for event in events] == [12.5, 65.5]
    with pytest.raises(SettingsError, match="got none in 2"):
        desk.imported(mapping, log)


def test_30_four_smileys_have_a_scale(desk: Desk) -> None:
    """34 of 40 are on the upper two of four."""
    assert (
        desk.score("csat", RULES, answers([4] * 20 + [3] * 14 + [2] * 4 + [1] * 2, scale="1-4"))
        == "85.0 % (40)"
    )
    rules = "indicators: {csat: {scale: 1-4, positive_from: 3}}\n" + RULES
    assert desk.score("csat", rules, answers([4] * 20 + [3] * 14 + [2] * 6)) == "85.0 % (40)"


def test_32_every_row_may_have_its_own_time_zone(desk: Desk) -> None:
    """Nine in London, ten in Paris and four in New York are one time."""
    mapping = RATED.replace("RATING", "rating").replace(
        "{time: at}", '{time: at, format: "%Y-%m-%d %H:%M", time_zone: {column: tz}}'
    )
    log = """id,at,tz,rating
1,2026-03-02 09:00,Europe/London,4
2,2026-03-02 10:00,Europe/Paris,2
3,2026-03-02 04:00,America/New_York,5
"""
    events, _ = desk.imported(mapping, log, "--strict")
    assert {event["at"] for event in events} == {"2026-03-02T09:00:00Z"}


def test_35_a_line_per_question_is_an_answer_each(desk: Desk) -> None:
    """Shapes choose by the column that names the question."""
    mapping = """
fields: {at: {time: at}, channel: {constant: app}, id: {text: "{id}-{question}"}, score: answer}
events:
  - {when: [{column: question, is: [Satisfaction]}], fields: {indicator: {constant: csat}}}
  - {when: [{column: question, is: [Recommend]}], fields: {indicator: {constant: nps}}}
"""
    log = """id,at,question,answer
s1,2026-03-02T09:00:00Z,Satisfaction,2
s1,2026-03-02T09:00:00Z,Recommend,3
s1,2026-03-02T09:00:00Z,Comment,"slow, and twice"
s2,2026-03-02T09:05:00Z,Satisfaction,5
s2,2026-03-02T09:05:00Z,Recommend,10
"""
    desk.imported(mapping, log, "--strict")
    assert desk.score("csat") == "50.0 % (2)"
    assert desk.score("nps", "rules: [{name: n, indicator: nps}]\n") == "0.00 (2)"


@pytest.mark.parametrize(
    ("time", "pattern", "utc"),
    [
        ("02/03/2026 24:00", "%d/%m/%Y %H:%M", "2026-03-03T00:00:00Z"),
        ("02/03/2026 1:20\u202fPM", "%d/%m/%Y %I:%M %p", "2026-03-02T13:20:00Z"),
        ("2 févr. 2026 09:00", "%d %b %Y %H:%M", "2026-02-02T09:00:00Z"),
        ("mardi 4 août 2026 09:00", "%A %d %B %Y %H:%M", "2026-08-04T09:00:00Z"),
        ("2026-03-02 09:00:00+01", "%Y-%m-%d %H:%M:%S%z", "2026-03-02T08:00:00Z"),
        ("2016-12-31 23:59:60", "%Y-%m-%d %H:%M:%S", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "iso", "2017-01-01T00:00:00Z"),
        ("2026-02-28T24:00:00+01:00", "iso", "2026-02-28T23:00:00Z"),
        ("2026-03-02t09:00:00z", "iso", "2026-03-02T09:00:00Z"),
        ("44621.375", "excel-1904", "2026-03-02T09:00:00Z"),
    ],
)
def test_times_are_read_as_spreadsheets_and_databases_write_them(
    desk: Desk, time: str, pattern: str, utc: str
) -> None:
    """The end of a day as 24:00, leap seconds, narrow blanks, French months, offsets of whole hours."""
    mapping = f"""
format: csv
fields: {{at: {{time: at, format: "{pattern}"}}, channel: {{constant: phone}}}}
events: [{{fields: {{id: id}}}}]
"""
    events, _ = desk.imported(mapping, f"id,at\n1,{time}\n")
    assert [event["at"] for event in events] == [utc]


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("46083.375", "`format: excel`"),
        ("1772442000", "`format: unix`"),
        ("02/03/2026 09:00", '`format: "%d/%m/%Y %H:%M"`'),
        ("2026-03-02T24:00:01", "want a time like iso"),
        ("2026-02-29", "want a time like iso"),
    ],
)
def test_a_time_of_another_kind_is_refused_with_the_format_that_reads_it(
    desk: Desk, time: str, said: str
) -> None:
    """Days of Excel, Unix seconds and dates with slashes; what is no time at all is said to be none."""
    mapping = (
        "format: csv\nfields: {at: {time: at}, channel: {constant: web}}\nevents: [{fields: {id: id}}]\n"
    )
    _, result = desk.imported(mapping, f"id,at\n1,{time}\n2,2026-03-02\n")
    assert f'got "{time}"' in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("ID,Channel,At\n", "did you mean At, ID?"),
        ("ID;AT\n", "did you mean AT, ID?"),
        ('[{"id": "1", "at": "2026-03-02"}]', "`format: json`"),
        ("Identifiant,Date\n", "there are: Identifiant, Date)"),
        ("", "got an empty file"),
    ],
)
def test_a_header_with_other_columns_is_refused_though_no_row_follows(
    desk: Desk, log: str | bytes, said: str
) -> None:
    """With what to do about it, where that can be told."""
    mapping = (
        "format: csv\nfields: {at: {time: at}, channel: {constant: web}}\nevents: [{fields: {id: id}}]\n"
    )
    with pytest.raises(SettingsError) as caught:
        desk.imported(mapping, log)
    assert said in str(caught.value)


def test_two_columns_of_one_name_are_named(desk: Desk) -> None:
    """Which of them is read is no secret."""
    mapping = (
        "format: csv\nfields: {at: {time: at}, channel: {constant: web}}\nevents: [{fields: {id: id}}]\n"
    )
    events, result = desk.imported(mapping, "\n\nid,at,id\n1,2026-03-02,2\n")
    assert [event["id"] for event in events] == ["1"]
    assert 'two columns are called id: the first is read, the second is "id.2"' in result.stderr


@pytest.mark.parametrize(
    "log", ["id,at,score\n1,2026-03-02,5\n", '[{"id": "1"},\n{"id": "2"}]', "[1]\n[2]\n"]
)
def test_a_log_that_nobody_imported_is_named_as_such(desk: Desk, log: str) -> None:
    """Whoever backtests a CSV hears of `tocsin import`."""
    assert "`tocsin import` makes such events" in desk.reported(RULES, log)
    assert "tocsin import" not in desk.reported(RULES, b"nonsense\n" + answers([5, 5]))


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ("Non, pas du tout", "Oui, tout à fait"),
        ("Plutôt non", "Plutôt oui"),
        ("Pas très satisfait(e)", "Très satisfait(e)"),
        ("“Not very satisfied”", "“Very satisfied”"),
        ("Did not meet expectations.", "Exceeded expectations!"),
        ("Sehr unzufrieden", "Sehr zufrieden"),
        ("Stimme überhaupt nicht zu", "Stimme voll und ganz zu"),
        ("Muy insatisfecho/a", "Muy satisfecho/a"),
        ("Péssimo", "Ótimo"),
        ("Muito insatisfeita", "Muito satisfeita"),
        ("Molto insoddisfatto", "Molto soddisfatti"),
        ("Zeer ontevreden", "Zeer tevreden"),
        ("ONE", "FIVE"),
        ("TWO_STARS", "FOUR_STARS"),
        ("2 Sterne", "5 Sterne"),
        ("1 de 5", "4 de 5"),
        ("2⭐", "5⭐"),
    ],
)
def test_what_surveys_offer_is_counted_on_both_sides(desk: Desk, worse: str, better: str) -> None:
    """Quotation marks, full stops and both genders are how a word looks, not what it says."""
    assert desk.score("csat", events=answers([worse, better, better, better])) == "75.0 % (4)"


def test_what_is_no_answer_is_none_in_any_language(desk: Desk) -> None:
    """`n/a` is not the feminine of a no."""
    report = desk.reported(
        RULES, answers(["ja", "nein", "sim", "WAHR", "n/a", "N/A", "none", ""], scale="yes-no")
    )
    assert "4 accepted, 4 rejected" in report
