"""The report as a table."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

from alerts.rules import MINUTE_MS
from stream.indicators.plan import Plan
from stream.reports.explain import ExplainChoice
from stream.reports.period_report import report, report_csv, report_json, table
from stream.reports.periods import REOPENED, REPEAT, CalendarPeriod, PeriodLine, Periods
from tests.builders import Counted, plan_of, section_of

DAY = datetime(2026, 3, 2)  # noqa: DTZ001  # local
NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001
PHONE = (("channel", "phone"),)


def test_values_come_in_their_unit_with_their_answers() -> None:
    """Shares in percent, durations to two units, the rest as points; nothing where there were no answers."""
    lines = [
        PeriodLine(
            start=DAY,
            scope=PHONE,
            contacts=1_200,
            values={"csat": (81.25, 1_600), "ttr": (5_400.4, 3), "nps": (-12.5, 8)},
        ),
        PeriodLine(start=None, scope=PHONE, contacts=0, values={}),
    ]
    assert table(lines) == [
        ["from", "scope", "contacts", "csat", "nps", "ttr"],
        ["2026-03-02", "phone", "1,200", "81.2 % (1,600)", "-12.50 (8)", "1 h 30 min (3)"],
        ["in all", "phone", "0", "-", "-", "-"],
    ]


def test_times_of_day_are_shown_where_periods_are_shorter() -> None:
    """A scope without dimensions needs no column."""
    lines = [
        PeriodLine(start=DAY, scope=(), contacts=1, values={}),
        PeriodLine(start=NOON, scope=(), contacts=2, values={}),
    ]
    assert table(lines) == [["from", "contacts"], ["2026-03-02", "1"], ["2026-03-02 12:00", "2"]]


def test_reasons_of_failure_are_told_where_cases_were_reopened() -> None:
    """Else they say the same as the whole."""
    values = {"fcr": (60.0, 10), REOPENED: (100.0, 10), REPEAT: (60.0, 10)}
    assert table([PeriodLine(start=DAY, scope=(), contacts=1, values=values)])[0] == [
        "from",
        "contacts",
        "fcr",
    ]
    reopened = {**values, REOPENED: (90.0, 10)}
    header = table([PeriodLine(start=DAY, scope=(), contacts=1, values=reopened)])[0]
    assert header == ["from", "contacts", "fcr", "fcr (reopened)", "fcr (repeat)"]


def test_abandonment_is_told_where_there_is_any() -> None:
    """A log of tickets knows none."""
    assert table([PeriodLine(start=DAY, scope=(), contacts=1, values={"abandonment": (0.0, 10)})])[0] == [
        "from",
        "contacts",
    ]
    assert table([PeriodLine(start=DAY, scope=(), contacts=1, values={"abandonment": (5.0, 10)})])[0] == [
        "from",
        "contacts",
        "abandonment",
    ]


def test_there_is_a_table_per_grouping_of_the_chosen_rules() -> None:
    """Without events there is nothing to show."""
    plan = plan_of("rules: [{name: low, indicator: csat, by: [channel], window: 1h, critical: 50}]")
    periods = Periods(plan, MINUTE_MS, ZoneInfo("UTC"))
    assert list(report(periods, plan, ExplainChoice())) == []


def heard() -> tuple[Periods, Plan]:
    """Two channels, one of them named like a formula, in the months before and after a new year in Paris."""
    plan = plan_of(
        "rules: [{name: low, indicator: csat, by: [channel], window: 1h, critical: 50},"
        " {name: all, indicator: contacts, by: [], critical: 9}]"
    )
    periods = Periods(plan, CalendarPeriod.MONTH, ZoneInfo("Europe/Paris"))
    new_year = int(datetime(2025, 12, 31, 23, tzinfo=UTC).timestamp()) // 10
    channel, overall = "channel|channel", "|"
    counted = [
        Counted(new_year - 1, (channel, ("phone",)), "csat/1-5/5", 2),
        Counted(new_year - 1, (channel, ("phone",)), "csat/1-5/1", 1),
        Counted(new_year, (channel, ("=1+1",)), "csat/1-5/5", 4),
        Counted(new_year, (overall, ()), "contacts", 1_200),
    ]
    periods.hear(section_of(through=10**9, counted=counted))
    return periods, plan


def test_programs_read_a_line_for_each_scope_and_period() -> None:
    """Times with their offset, values with their numbers of answers; all periods together have no time."""
    found = [orjson.loads(line) for line in report_json(*heard(), ExplainChoice())]
    assert found[0] == {
        "from": "2026-01-01T00:00:00+01:00", "by": [], "scope": {}, "contacts": 1200,
        "indicators": {"abandonment": {"value": 0.0, "n": 1200}},
    }  # fmt: skip
    told = [(each["from"], each["scope"], each["indicators"]["csat"]) for each in found if each["by"]]
    assert told == [
        ("2025-12-01T00:00:00+01:00", {"channel": "phone"}, {"value": 66.6667, "n": 3}),
        ("2026-01-01T00:00:00+01:00", {"channel": "=1+1"}, {"value": 100.0, "n": 4}),
        (None, {"channel": "=1+1"}, {"value": 100.0, "n": 4}),
        (None, {"channel": "phone"}, {"value": 66.6667, "n": 3}),
    ]


def test_a_spreadsheet_gets_one_table_of_plain_numbers() -> None:
    """Every row has every column, and no value of a dimension is computed."""
    header, *rows = report_csv(*heard(), ExplainChoice())
    start = ["from", "by", "channel", "contacts", "csat", "csat_n", "csat_mean", "csat_mean_n"]
    assert header == [*start, "abandonment", "abandonment_n"]
    assert rows[0] == ["2026-01-01T00:00:00+01:00", "", "", "1200", "", "", "", "", "0", "1200"]
    assert rows[2] == [
        "2025-12-01T00:00:00+01:00",
        "channel",
        "phone",
        "0",
        "66.6667",
        "3",
        "3.6667",
        "3",
        "",
        "",
    ]
    assert [row[0] for row in rows if row[2] == "'=1+1"] == ["2026-01-01T00:00:00+01:00", "in all"]
    assert {len(row) for row in rows} == {len(header)}


def test_a_spreadsheet_gets_all_digits_of_long_times() -> None:
    """A fortnight is more than a million seconds, of which six digits and a power are another time."""
    plan = plan_of("rules: [{name: slow, indicator: ttr, by: [], window: 1h, critical: 50}]")
    periods = Periods(plan, CalendarPeriod.MONTH, ZoneInfo("UTC"))
    counted = [Counted(9, ("|", ()), "ttr.sum_ms", 1_234_567_000), Counted(9, ("|", ()), "ttr.over", 1)]
    periods.hear(section_of(through=10**9, counted=counted))
    header, *rows = report_csv(periods, plan, ExplainChoice())
    assert [row[header.index("ttr")] for row in rows] == ["1234567", "1234567"]


def test_nothing_to_report_is_no_header_either() -> None:
    """Without events there is no line in any form."""
    plan = plan_of("rules: [{name: low, indicator: csat}]")
    periods = Periods(plan, MINUTE_MS, ZoneInfo("UTC"))
    assert list(report_csv(periods, plan, ExplainChoice())) == []
    assert list(report_json(periods, plan, ExplainChoice())) == []
