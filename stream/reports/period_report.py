"""The report: tables of indicators per period and scope, for people."""

from collections.abc import Iterator, Sequence
from typing import Final

from alerts.readings import scope_words
from alerts.wording import duration_words
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.plan import Plan, grouping_of
from stream.reports.explain import ExplainChoice
from stream.reports.periods import COLUMNS, REOPENED, REPEAT, PeriodLine, Periods
from stream.reports.timeline import aligned

TITLES: Final = {REOPENED: "fcr (reopened)", REPEAT: "fcr (repeat)"}


def report(periods: Periods, plan: Plan, choice: ExplainChoice) -> Iterator[str]:
    """A table per grouping that a chosen rule watches, each after an empty line."""
    chosen = [rule for rule in plan.rulebook.rules if not choice.rules or rule.name in choice.rules]
    for grouping in sorted({grouping_of(rule) for rule in chosen}):
        lines = [line for line in periods.lines(grouping) if choice.holds("", dict(line.scope))]
        if lines:
            yield ""
            yield f"Per period, by {', '.join(grouping.dims)}" if grouping.dims else "Per period, overall"
            yield from aligned(table(lines), left=2 if grouping.dims else 1)


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
    return (
        f"{start:%Y-%m-%d}" if start.hour == start.minute == start.second == 0 else f"{start:%Y-%m-%d %H:%M}"
    )


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
