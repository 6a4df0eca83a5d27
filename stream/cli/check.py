"""`tocsin check`: are these rules files sound, and what do they say?"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from alerts.delivery.notices.templates import complaints
from alerts.errors import OperatorError, Problem, RulebookError
from alerts.notation import duration_text
from alerts.rulebook.advice import advice, yardstick_of
from alerts.rulebook.description import description, kind, windows_ms
from alerts.rules import Rulebook
from alerts.transitions import seconds
from stream.cli import OPERATOR_ERROR_EXIT
from stream.files.rule_files import load
from stream.indicators.catalogue import CATALOGUE


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about one file; `rulebook` is None when it has problems."""

    file: str
    rulebook: Rulebook | None
    problems: Sequence[Problem]
    warnings: Sequence[str]


@click.command()
@click.argument("files", metavar="RULES…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with problems, warnings and rules.")
@click.option("--strict", is_flag=True, help="Exit 2 on warnings too.")
def command(files: tuple[Path, ...], *, as_json: bool, strict: bool) -> None:
    """Validate rules files: every problem at once, with file, line, column, wanted and found.

    Exit code 0: sound; 2: not.
    """
    checked = [check(file) for file in files]
    if as_json:
        click.echo(orjson.dumps({"files": [_object(one) for one in checked]}, option=orjson.OPT_INDENT_2))
    else:
        for one in checked:
            _print(one)
    failed = any(one.problems for one in checked)
    if failed or (strict and any(one.warnings for one in checked)):
        sys.exit(OPERATOR_ERROR_EXIT)


def check(file: Path) -> Checked:
    """Read one file and note what is wrong or doubtful with it."""
    try:
        rulebook = load(file)
    except RulebookError as error:
        return Checked(str(file), None, error.problems, ())
    except OperatorError as error:
        message = str(error).removeprefix(f"{file}: ")
        return Checked(str(file), None, [Problem(str(file), 1, 1, "", message)], ())
    faults = [Problem(str(file), 1, 1, "", fault) for fault in complaints(rulebook)]
    if faults:
        return Checked(str(file), None, faults, ())
    return Checked(str(file), rulebook, (), advice(rulebook, CATALOGUE))


def _print(checked: Checked) -> None:
    for problem in checked.problems:
        click.echo(str(problem), err=True)
    if checked.rulebook is None:
        return
    book = checked.rulebook
    timing = f"pane {duration_text(book.timing.pane_ms)}, lateness {duration_text(book.timing.lateness_ms)}"
    click.echo(f"{checked.file}: OK: {_count(len(book.rules), 'rule')}, {timing}")
    width = max((len(rule.name) for rule in book.rules), default=0)
    for rule in book.rules:
        direction = yardstick_of(rule, book, CATALOGUE).direction
        click.echo(f"  {rule.name:{width}}  {description(rule, direction)}")
    for warning in checked.warnings:
        click.echo(f"{checked.file}: warning: {warning}", err=True)


def _object(checked: Checked) -> Mapping[str, Any]:
    rules = checked.rulebook.rules if checked.rulebook else ()
    return {
        "file": checked.file,
        "ok": not checked.problems,
        "problems": [asdict(problem) for problem in checked.problems],
        "warnings": list(checked.warnings),
        "rules": [
            {
                "name": rule.name,
                "indicator": rule.indicator,
                "detect": kind(rule.detect),
                "by": rule.scope_dims,
                "windows_s": [seconds(window) for window in windows_ms(rule.detect)],
            }
            for rule in rules
        ],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
