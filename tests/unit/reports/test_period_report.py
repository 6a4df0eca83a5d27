"""The report as a table."""

from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.rules import MINUTE_MS
from stream.reports.explain import ExplainChoice
from stream.reports.period_report import report, table
from stream.reports.periods import REOPENED, REPEAT, PeriodLine, Periods
from tests.builders import plan_of

DAY = datetime(2026, 3, 2)  # noqa: DTZ001  # local
NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001
PHONE = (("channel", "phone"),)


def test_values_come_in_their_unit_with_their_answers() -> None:
    """Shares in percent, durations to two units, the rest as points; nothing where there were no answers."""
    lines = [
        PeriodLine(DAY, PHONE, 1_200, {"csat": (81.25, 1_600), "ttr": (5_400.4, 3), "nps": (-12.5, 8)}),
        PeriodLine(None, PHONE, 0, {}),
    ]
    assert table(lines) == [
        ["from", "scope", "contacts", "csat", "nps", "ttr"],
        ["2026-03-02", "phone", "1,200", "81.2 % (1,600)", "-12.50 (8)", "1 h 30 min (3)"],
        ["in all", "phone", "0", "-", "-", "-"],
    ]


def test_times_of_day_are_shown_where_periods_are_shorter() -> None:
    """A scope without dimensions needs no column."""
    lines = [PeriodLine(DAY, (), 1, {}), PeriodLine(NOON, (), 2, {})]
    assert table(lines) == [["from", "contacts"], ["2026-03-02", "1"], ["2026-03-02 12:00", "2"]]


def test_reasons_of_failure_are_told_where_cases_were_reopened() -> None:
    """Else they say the same as the whole."""
    values = {"fcr": (60.0, 10), REOPENED: (100.0, 10), REPEAT: (60.0, 10)}
    assert table([PeriodLine(DAY, (), 1, values)])[0] == ["from", "contacts", "fcr"]
    reopened = {**values, REOPENED: (90.0, 10)}
    header = table([PeriodLine(DAY, (), 1, reopened)])[0]
    assert header == ["from", "contacts", "fcr", "fcr (reopened)", "fcr (repeat)"]


def test_abandonment_is_told_where_there_is_any() -> None:
    """A log of tickets knows none."""
    assert table([PeriodLine(DAY, (), 1, {"abandonment": (0.0, 10)})])[0] == ["from", "contacts"]
    assert table([PeriodLine(DAY, (), 1, {"abandonment": (5.0, 10)})])[0] == [
        "from",
        "contacts",
        "abandonment",
    ]


def test_there_is_a_table_per_grouping_of_the_chosen_rules() -> None:
    """Without events there is nothing to show."""
    plan = plan_of("rules: [{name: low, indicator: csat, by: [channel], window: 1h, critical: 50}]")
    periods = Periods(plan, MINUTE_MS, ZoneInfo("UTC"))
    assert list(report(periods, plan, ExplainChoice())) == []
