"""The report: indicators per period and scope, as tables for people, as CSV and as JSON."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import orjson

from alerts.foreign_text import spreadsheet_cell
from alerts.readings import scope_object, scope_words
from alerts.rules import DIMENSIONS
from alerts.transitions import rounded
from alerts.wording import duration_words
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.plan import Grouping, Plan, grouping_of
from stream.reports.explain import ExplainChoice
from stream.reports.periods import COLUMNS, REOPENED, REPEAT, PeriodLine, Periods
from stream.reports.timeline import aligned

TITLES: Final = {REOPENED: "fcr (reopened)", REPEAT: "fcr (repeat)"}


def report(periods: Periods, plan: Plan, choice: ExplainChoice) -> Iterator[str]:
    """A table per grouping that a chosen rule watches, each after an empty line."""
    for grouping, told in groupby(_told(periods, plan, choice), key=itemgetter(0)):
        yield ""
        yield f"Per period, by {', '.join(grouping.dims)}" if grouping.dims else "Per period, overall"
        yield from aligned(table([line for _, line in told]), left=2 if grouping.dims else 1)


def table(lines: Sequence[PeriodLine]) -> list[list[str]]:
    """Header and rows; an indicator has a column if some line has answers for it.

    Why first contact resolution failed is told where cases were reopened, abandonment where there was any:
    a log that knows neither would only show the same number in every line.
    """
    shown = [name for name in COLUMNS if any(name in line.values for line in lines)]
    if all(line.values.get(REOPENED, (100.0, 0))[0] == 100.0 for line in lines):
        shown = [name for name in shown if name not in {REOPENED, REPEAT}]
    if all(line.values.get("abandonment", (0.0, 0))[0] == 0 for line in lines):
        shown = [name for name in shown if name != "abandonment"]
    scoped = any(line.scope for line in lines)
    rows = [["from", *(["scope"] if scoped else []), "contacts", *(TITLES.get(name, name) for name in shown)]]
    for line in lines:
        scope = [scope_words(dict(line.scope))] if scoped else []
        rows.append([_date(line), *scope, f"{line.contacts:,}", *(_cell(line, name) for name in shown)])
    return rows


def _date(line: PeriodLine) -> str:
    """The local date, with the time of day unless it is midnight."""
    start = line.start
    if start is None:
        return "in all"
    day = f"{start:%Y-%m-%d}"
    if line.twice:
        return f"{day} {start:%H:%M}{_offset(line)}"
    return day if start.hour == start.minute == start.second == 0 else f"{day} {start:%H:%M}"


def _offset(line: PeriodLine) -> str:
    """How far the clock is ahead of UTC: `+02:00`."""
    minutes = round(line.offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _moment(line: PeriodLine) -> str | None:
    """When a period starts, in RFC 3339; None for all of them together."""
    return None if line.start is None else f"{line.start:%Y-%m-%dT%H:%M:%S}{_offset(line)}"


def report_json(periods: Periods, plan: Plan, choice: ExplainChoice) -> Iterator[bytes]:
    """A JSON object for each line of the report, in the units of the catalogue."""
    for grouping, line in _told(periods, plan, choice):
        values = {name: {"value": rounded(value), "n": n} for name, (value, n) in line.values.items()}
        told = {"from": _moment(line), "by": list(grouping.dims), "scope": scope_object(line.scope)}
        yield orjson.dumps({**told, "contacts": line.contacts, "indicators": values})


def report_csv(periods: Periods, plan: Plan, choice: ExplainChoice) -> Iterator[list[str]]:
    """The report as one table: a column per dimension, and two per indicator that has answers anywhere.

    Cells are numbers without units: percent, points, seconds; nothing where there were no answers.
    """
    told = list(_told(periods, plan, choice))
    shown = [name for name in COLUMNS if any(name in line.values for _, line in told)]
    dims = [dim for dim in DIMENSIONS if any(dim in grouping.dims for grouping, _ in told)]
    if told:
        yield ["from", "by", *dims, "contacts", *(f"{name}{part}" for name in shown for part in ("", "_n"))]
    for grouping, line in told:
        scope = dict(line.scope)
        cells = [_moment(line) or "in all", " ".join(grouping.dims), *(scope.get(dim, "") for dim in dims)]
        values = [line.values.get(name) for name in shown]
        numbers = [text for each in values for text in (("", "") if each is None else _numbers(*each))]
        yield [*map(spreadsheet_cell, cells), str(line.contacts), *numbers]


def _numbers(value: float, n: int) -> tuple[str, str]:
    return str(int(value)) if value == int(value) else str(rounded(value)), str(n)


def _told(periods: Periods, plan: Plan, choice: ExplainChoice) -> Iterator[tuple[Grouping, PeriodLine]]:
    """The lines of every grouping that a chosen rule watches."""
    chosen = [rule for rule in plan.rulebook.rules if not choice.rules or rule.name in choice.rules]
    for grouping in sorted({grouping_of(rule) for rule in chosen}):
        for line in periods.lines(grouping):
            if choice.holds("", dict(line.scope)):
                yield grouping, line


def _cell(line: PeriodLine, name: str) -> str:
    """The value in its unit and the number of answers behind it."""
    if name not in line.values:
        return "-"
    value, n = line.values[name]
    match CATALOGUE[name].unit if name in CATALOGUE else "percent":
        case "percent":
            text = f"{value:.1f} %"
        case "seconds":
            text = duration_words(value * 1000)
        case _:
            text = f"{value:.2f}"
    return f"{text} ({n:,})"
