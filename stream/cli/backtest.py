"""`tocsin backtest`: what would these rules have said about these events?"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from alerts.errors import SettingsError
from alerts.rules import Rulebook
from stream.backtest.contacts import contacts_apart, is_worth_it
from stream.backtest.engine import fed_plan, plan_of
from stream.backtest.replay_files import Backtest
from stream.cli.kafka_options import kafka_options, run
from stream.cli.terminal.collecting import collect_rarely
from stream.cli.terminal.fates import check_taken, named
from stream.cli.terminal.progress import progress
from stream.cli.terminal.showing import Form, Showing, Style, report_period, zone
from stream.files.event_files import EventFile
from stream.files.packed_logs import STDIN, size_of
from stream.files.rule_files import load, starter
from stream.indicators.plan import Plan
from stream.kafka.settings import ClientSettings
from stream.processes.meanwhile import meanwhile
from stream.reports.explain import choice


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestOptions:
    """What the command line asks for, by click's names."""

    rules: Path | None
    events: tuple[str, ...]
    more: tuple[str, ...]
    as_json: bool
    as_csv: bool
    as_is: bool
    explain: bool
    rule: tuple[str, ...]
    scope: tuple[str, ...]
    report: str | None
    time_zone: str


@click.command()
@click.option(
    "--rules",
    envvar="TOCSIN_RULES",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The rules; the shipped starter rules if not given.",
)
@click.option(
    "--events",
    multiple=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="NDJSON, plain or .gz, - for stdin; several files are merged.",
)
@click.argument("more", nargs=-1, metavar="[FILE]…", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print transitions as NDJSON, as cx.alerts has them; with --report its lines.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print the report alone, for a spreadsheet.")
@click.option("--as-is", is_flag=True, help="Keep the order of the lines, as one partition would have it.")
@click.option("--explain", is_flag=True, help="Print every reading that was judged, and why, instead.")
@click.option("--rule", multiple=True, metavar="NAME", help="Show only this rule.")
@click.option("--scope", multiple=True, metavar="DIMENSION=VALUE", help="Show only scopes with this value.")
@click.option(
    "--report",
    metavar="PERIOD",
    help="Add a table of all indicators per period: month, quarter, or a length such as 1w or 1d.",
)
@click.option("--time-zone", default="UTC", show_default=True, metavar="ZONE", help="For times people read.")
@kafka_options
def command(kafka: ClientSettings, **options: Any) -> None:
    """Replay events through the same engine as the worker, and show what would have fired.

    Lines with `indicator` are feedback, all others interactions; they are judged in the order of their
    event times, up to the last one.  With --broker instead of files, cx.interactions and cx.feedback are
    read up to their current ends.
    """
    collect_rarely()
    wanted = BacktestOptions(**options)
    rulebook = starter() if wanted.rules is None else load(wanted.rules)
    showing = Showing(_style(wanted, rulebook))
    files = (*wanted.events, *wanted.more)
    given = click.get_current_context().get_parameter_source("broker") is ParameterSource.COMMANDLINE
    if files:
        replay_files(plan_of(rulebook), files, showing, as_is=wanted.as_is)
    elif given:
        from stream.backtest.replay_topics import replay_topics  # noqa: PLC0415  # the Kafka client takes a while to load

        with progress("reading the topics", None) as told:
            transitions, fate = run(replay_topics(kafka, rulebook, showing.wire, told))
        showing.finish(showing.take(transitions), fate)
        check_taken(fate, kafka.bootstrap)
    else:
        raise SettingsError("--events: want files of events, or --broker to read the topics, got neither")


def replay_files(plan: Plan, files: tuple[str, ...], showing: Showing, *, as_is: bool) -> None:
    """Run one plan over event files and show what comes of it."""
    if files.count(STDIN) > 1:
        raise SettingsError(f"--events: want {STDIN} at most once")
    with ExitStack() as stack:
        observer, hear = showing.wire(plan)
        contacts = None
        if is_worth_it(plan, size_of(files)):
            contacts = stack.enter_context(contacts_apart(fed_plan(plan, hear)))
        with progress("reading", size_of(files)) as told:
            events = stack.enter_context(EventFile(files, told, as_is=as_is, meanwhile=meanwhile))
        backtest = Backtest(plan, events, observer, hear, contacts)
        with progress("judging", len(events)) as told:
            transitions = showing.take(backtest.run(told))
        showing.finish(transitions, backtest.fate)
    check_taken(backtest.fate, named(files))


def _style(wanted: BacktestOptions, rulebook: Rulebook) -> Style:
    if wanted.report is not None and wanted.explain:
        raise SettingsError("--report: has no meaning with --explain")
    if wanted.as_csv and wanted.report is None:
        raise SettingsError("--csv: want --report as well, which says of what periods")
    if wanted.as_csv and wanted.as_json:
        raise SettingsError("--csv: has no meaning with --json")
    form = Form.JSON if wanted.as_json else Form.CSV if wanted.as_csv else Form.TEXT
    return Style(
        form,
        wanted.explain,
        report_period(wanted.report),
        zone(wanted.time_zone),
        choice(wanted.rule, [rule.name for rule in rulebook.rules], wanted.scope),
    )
