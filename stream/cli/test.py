"""`tocsin test`: unit tests of rules."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from alerts.errors import OperatorError
from alerts.readings import Reading, scope_text
from alerts.transitions import utc_text
from stream.cli import OPERATOR_ERROR_EXIT
from stream.cli.terminal.collecting import collect_rarely
from stream.cli.terminal.complaints import complaint
from stream.scenarios.junit import Case, write
from stream.scenarios.reader import read_scenario
from stream.scenarios.runner import Compared, Result, run
from stream.scenarios.scenario import Scenario

MISMATCHES_SHOWN = 20


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--junit", type=click.Path(path_type=Path), help="Also write the results as JUnit XML.")
def command(files: tuple[Path, ...], junit: Path | None) -> None:
    """Run scenario files: events or scores in, alert states out, compared with what they expect.

    The engine is the worker's own.  Exit code 0: all as expected; 1: not; 2: a file is wrong.
    """
    collect_rarely()
    cases: list[Case] = []
    wrong = False
    for file in files:
        try:
            scenario = read_scenario(file)
            results = run(scenario)
        except OperatorError as error:
            click.echo(complaint(error), err=True)
            cases.append(Case(str(file), "read", str(error)))
            wrong = True
            continue
        cases += [_report(scenario, result) for result in results]
    failed = sum(case.failure is not None for case in cases)
    click.echo(f"{len(cases) - failed} passed, {failed} failed")
    if junit is not None:
        write(junit, cases)
    sys.exit(OPERATOR_ERROR_EXIT if wrong else 1 if failed else 0)


def _report(scenario: Scenario, result: Result) -> Case:
    """Print what became of one rule in one scope."""
    name = f"{result.expected.rule} {scope_text(result.expected.scope)}".strip()
    if result.passed:
        click.echo(f"PASS {scenario.file}: {name}: {len(result.moments)} as expected")
        return Case(scenario.file, name, None)
    lines = list(_differences(scenario, result))
    click.echo(f"FAIL {scenario.file}: {name}")
    for line in lines:
        click.echo(f"  {line}")
    return Case(scenario.file, name, "\n".join(lines))


def _differences(scenario: Scenario, result: Result) -> Iterator[str]:
    """A line per moment that is not as wanted: when, wanted, got, and the reading behind it."""
    wrong = [compared for compared in result.moments if not compared.passed]
    for compared in wrong[:MISMATCHES_SHOWN]:
        want, got = compared.moment.wanted.text, compared.got.text
        yield f"{_when(scenario, compared)}: want {want}, got {got}{_reading(compared.reading)}"
    if len(wrong) > MISMATCHES_SHOWN:
        yield f"and {len(wrong) - MISMATCHES_SHOWN} more"


def _when(scenario: Scenario, compared: Compared) -> str:
    at_ms = compared.moment.at_ms
    if at_ms is None:
        return "at some time"
    if not scenario.step_ms:
        return utc_text(at_ms)
    step = (at_ms - scenario.start_ms) // scenario.step_ms
    return f"step {step} ({utc_text(at_ms)})"


def _reading(reading: Reading | None) -> str:
    if reading is None or reading.value is None or reading.low is None or reading.high is None:
        return "" if reading is None else f" (n {reading.n})"
    return f" ({reading.value:.4g}, {reading.low:.4g} to {reading.high:.4g}, n {reading.n})"
