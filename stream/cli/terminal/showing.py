"""What the commands print of a run: transitions as JSON, a timeline, explanations, a report."""

import codecs
import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from enum import Enum, auto
from io import StringIO

import click

from alerts.errors import SettingsError
from alerts.foreign_text import printable, printable_json
from alerts.notation import DURATION, duration_ms, time_zone
from alerts.readings import scope_object
from alerts.rules import MINUTE_MS
from alerts.transitions import Transition, encode
from stream.backtest.engine import Hear, RecordCounts
from stream.cli.terminal.fates import fate_lines
from stream.indicators.plan import Plan
from stream.judge.evaluation.explained import Explained, Observer
from stream.reports.episodes import episodes
from stream.reports.explain import ExplainChoice, explanation_json, explanation_text
from stream.reports.period_report import report, report_csv, report_json
from stream.reports.periods import CalendarPeriod, Periods
from stream.reports.timeline import summary, timeline


class Form(Enum):
    """What the output is for."""

    TEXT = auto()  # people
    JSON = auto()  # programs, an object on each line
    CSV = auto()  # spreadsheets; of a report alone


@dataclass(frozen=True, slots=True)
class Style:
    """How to print: in which form, explanations instead of alerts, a report per period besides.

    In other forms than text there is the report alone, if there is to be one.
    """

    form: Form
    explain: bool
    period: int | CalendarPeriod | None
    zone: tzinfo
    choice: ExplainChoice


class Showing:
    """Prints one run in one style."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._plan: Plan | None = None
        self._periods: Periods | None = None

    def wire(self, plan: Plan) -> tuple[Observer | None, Hear | None]:
        """What the run must tell besides transitions."""
        self._plan = plan
        if self._style.period is not None:
            self._periods = Periods(plan, self._style.period, self._style.zone)
        hear = None if self._periods is None else self._periods.hear
        return self._explain if self._style.explain else None, hear

    def take(self, transitions: Iterable[Transition]) -> list[Transition]:
        """The transitions that were asked for, all of them; printed as they come where that is the style."""
        kept = []
        for transition in transitions:
            if not self._style.choice.holds(transition.rule, transition.scope):
                continue
            kept.append(transition)
            if self._style.form is Form.JSON and not self._style.explain and self._periods is None:
                sys.stdout.buffer.write(printable_json(encode(transition)) + b"\n")
        sys.stdout.buffer.flush()
        return kept

    def finish(self, transitions: Iterable[Transition], fate: RecordCounts) -> None:
        """All that is said at the end; what became of the records goes to stderr beside JSON."""
        style = self._style
        quiet = style.form is not Form.TEXT or style.explain
        if quiet and self._periods is not None and self._plan is not None:
            self._print_report(self._periods, self._plan)
        if not quiet:
            end_ms = fate.last_ms or 0
            found = episodes(transitions)
            _echo(timeline(found, style.zone, end_ms))
            _echo(["", *summary(found, end_ms)] if found else [])
            if self._periods is not None and self._plan is not None:
                _echo(report(self._periods, self._plan, style.choice))
            click.echo()
        for line in fate_lines(fate, style.zone):
            click.echo(printable(line), err=quiet)

    def _print_report(self, periods: Periods, plan: Plan) -> None:
        """The report for programs or spreadsheets; a byte order mark tells Excel that it is UTF-8."""
        if self._style.form is Form.JSON:
            for line in report_json(periods, plan, self._style.choice):
                sys.stdout.buffer.write(printable_json(line) + b"\n")
            sys.stdout.buffer.flush()
            return
        cells = StringIO(newline="")
        csv.writer(cells).writerows(report_csv(periods, plan, self._style.choice))
        sys.stdout.buffer.write(codecs.BOM_UTF8 + cells.getvalue().encode())
        sys.stdout.buffer.flush()

    def _explain(self, explained: Explained) -> None:
        if not self._style.choice.holds(explained.rule.name, scope_object(explained.scope)):
            return
        if self._style.form is Form.JSON:
            sys.stdout.buffer.write(printable_json(explanation_json(explained)))
        else:
            sys.stdout.write(printable(explanation_text(explained, self._style.zone)) + "\n")


def zone(name: str) -> tzinfo:
    """The time zone of `--time-zone`.

    Raises:
        SettingsError: there is none of that name.
    """
    try:
        return time_zone(name)
    except ValueError:
        raise SettingsError(f'--time-zone: want a name such as Europe/Paris, got "{name}"') from None


def report_period(text: str | None) -> int | CalendarPeriod | None:
    """What `--report` asks for: a length in ms, or `month` or `quarter` of the calendar.

    Raises:
        SettingsError: it is no duration, or shorter than a minute.
    """
    if text is None:
        return None
    if text.upper() in CalendarPeriod.__members__:
        return CalendarPeriod[text.upper()]
    wanted = "a period of a minute or more such as 1w"
    try:
        length_ms = duration_ms(text)
    except ValueError as error:
        length_ms = 0
        if DURATION.fullmatch(text):
            wanted = str(error)
    if length_ms < MINUTE_MS:
        raise SettingsError(f'--report: want month, quarter or {wanted}, got "{text}"')
    return length_ms


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(printable(line))
