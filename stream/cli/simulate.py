"""`tocsin simulate`: how often would this rule page for nothing, and how soon would it see a fall?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import click
import orjson

from alerts.errors import SettingsError
from alerts.notation import duration_ms, duration_text
from alerts.rules import Burn, Rule, Rulebook, Sudden, Threshold
from stream.cli.terminal.progress import progress
from stream.files.rule_files import load, starter
from stream.indicators.catalogue import CATALOGUE
from stream.simulate.plot import chart
from stream.simulate.simulation import (
    MONTH_DAYS,
    TUNED_MS,
    FallSeen,
    Question,
    RuleOutcome,
    Simulation,
    false_pages,
)

LEAST_PER_DAY, MOST_PER_DAY = 0.1, 1e6
"""Answers of a scope that a simulation is good for: between three a month and a dozen a second."""
SIMULATED = (Threshold, Sudden, Burn)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    """Which rules are simulated: those of a file (None: the starter rules), by name and by indicator."""

    rules: Path | None
    rule: tuple[str, ...]
    indicator: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """What the command line asks for besides, by click's names."""

    healthy: float
    per_day: float
    scopes: int
    fall: tuple[float, ...]
    months: int
    patience: str
    seed: int
    tune: bool
    as_json: bool
    html: Path | None


@click.command()
@click.option(
    "--rules",
    envvar="TOCSIN_RULES",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The rules; the shipped starter rules if not given.",
)
@click.option("--rule", multiple=True, metavar="NAME", help="Only this rule; may be given again.")
@click.option("--indicator", metavar="NAME", help="Of which indicator; not needed where there is one only.")
@click.option("--healthy", type=float, required=True, metavar="SCORE", help="The score when all is well.")
@click.option(
    "--per-day",
    type=float,
    required=True,
    metavar="N",
    help="Answers per scope and day.",
)
@click.option("--scopes", type=click.IntRange(1), default=20, show_default=True, help="How many scopes.")
@click.option("--fall", type=float, multiple=True, metavar="SCORE", help="A score to fall to; repeatable.")
@click.option(
    "--months", type=click.IntRange(1), default=5, show_default=True, help="Healthy months of 30 days."
)
@click.option(
    "--patience", default="7d", show_default=True, metavar="DURATION", help="How long a fall is watched."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same figures."
)
@click.option("--tune", is_flag=True, help="Find the plain window that pages as seldom as each rule, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write table and plot."
)
def command(rules: Path | None, rule: tuple[str, ...], indicator: str | None, **options: Any) -> None:
    """Operating characteristics of rules on scores, from simulated answers through the real detectors.

    False pages per scope and 30 days while the score is healthy, and the delay until a fall is paged, for
    each rule and for the plain threshold beside it.
    """
    wanted = SimulateOptions(**options)
    rulebook = starter() if rules is None else load(rules)
    choice = RuleChoice(rules=rules, rule=rule, indicator=indicator)
    question = Question(
        healthy=wanted.healthy,
        falls=wanted.fall,
        per_day=_per_day(wanted.per_day),
        scopes=wanted.scopes,
        months=wanted.months,
        seed=wanted.seed,
        patience_ms=_patience_ms(wanted.patience),
        tune_ms=TUNED_MS if wanted.tune else (),
    )
    simulation = Simulation(rulebook, chosen(rulebook, choice), question)
    if wanted.html is not None:
        _write(wanted.html, "", "a")  # whether it can be, before the work
    with progress("simulating", simulation.hours()) as told:
        outcomes = simulation.run(told)
    if wanted.html is not None:
        _write(wanted.html, chart(question, outcomes))
    if wanted.as_json:
        click.echo(orjson.dumps(report(question, outcomes), option=orjson.OPT_INDENT_2))
    else:
        _print(question, outcomes)


def chosen(rulebook: Rulebook, wanted: RuleChoice) -> list[Rule]:
    """The rules to simulate, all on one indicator.

    Raises:
        SettingsError: there is no such rule, or more than one indicator is left.
    """
    known = {rule.name: rule for rule in rulebook.rules}
    unknown = [name for name in wanted.rule if name not in known]
    if unknown:
        raise SettingsError(f"--rule: want one of {', '.join(known)}, got {unknown[0]}")
    rules = [known[name] for name in wanted.rule]
    if not rules:
        rules = [each for each in rulebook.rules if isinstance(each.detect, SIMULATED) and _is_bounded(each)]
    rules = [rule for rule in rules if wanted.indicator in {None, rule.indicator}]
    indicators = sorted({rule.indicator for rule in rules})
    if not rules:
        raise SettingsError("want a rule on scores (threshold, sudden or burn), got none")
    if len(indicators) > 1:
        raise SettingsError(f"--indicator: want one of {', '.join(indicators)}, got rules on all of them")
    return rules


def _is_bounded(rule: Rule) -> bool:
    return CATALOGUE[rule.indicator].bounded


def report(question: Question, outcomes: Sequence[RuleOutcome]) -> dict[str, object]:
    """Everything as one JSON object; null where a fall was not seen by enough scopes to say."""
    return {
        "healthy": question.healthy,
        "per_day": question.per_day,
        "scopes": question.scopes,
        "seed": question.seed,
        "rules": [_object(outcome) for outcome in outcomes],
    }


def _object(outcome: RuleOutcome) -> dict[str, object]:
    rate, low, high = false_pages(outcome)
    return {
        "rule": outcome.rule.name,
        "beside": outcome.beside,
        "indicator": outcome.rule.indicator,
        "detect": type(outcome.rule.detect).__name__.lower(),
        "scope_months": outcome.scope_months,
        "false_pages": outcome.pages,
        "false_pages_per_scope_30d": rate,
        "notices": outcome.notices,
        "false_pages_low": low,
        "false_pages_high": high,
        "firing_share": outcome.firing,
        "falls": [
            {
                "to": seen.to,
                "seen_share": seen.share,
                "answers_median": _finite(seen.answers[0]),
                "answers_p90": _finite(seen.answers[1]),
                "delay_s_median": _finite(seen.seconds[0]),
                "delay_s_p90": _finite(seen.seconds[1]),
            }
            for seen in outcome.falls
        ],
    }


def _row(outcome: RuleOutcome) -> tuple[str, ...]:
    """One rule in the table that is printed."""
    rate, low, high = false_pages(outcome)
    name = outcome.rule.name if outcome.beside is None else f"  {outcome.rule.name}"
    pages = f"{rate:.3g}  ({low:.3g} to {high:.3g})"
    notices = f"{outcome.notices / outcome.scope_months:.3g}"
    return (name, pages, notices, f"{outcome.firing:.2%}", *(_delay(seen) for seen in outcome.falls))


def _print(question: Question, outcomes: Sequence[RuleOutcome]) -> None:
    click.echo(
        f"{question.scopes} scopes with {question.per_day:g} answers a day each, "
        f"{outcomes[0].rule.indicator} {question.healthy:g} when all is well\n"
    )
    heads = (f"fall to {fall:g}: median, p90" for fall in question.falls)
    rates = (f"false pages per scope and {MONTH_DAYS} d", "notices", "time in alarm")
    rows: list[tuple[str, ...]] = [("", *rates, *heads)]
    rows += map(_row, outcomes)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    months = sorted({outcome.scope_months for outcome in outcomes}, reverse=True)
    click.echo(f"\nHealthy months of scopes simulated: {', '.join(f'{each:g}' for each in months)}.")


def _delay(seen: FallSeen) -> str:
    if not isfinite(seen.answers[0]):
        return f"seen by {seen.share:.0%}"
    answers = [f"{each:g}" if isfinite(each) else "never" for each in seen.answers]
    times = [_time(each) for each in seen.seconds]
    return f"{answers[0]}, {answers[1]} answers ({times[0]}, {times[1]})"


def _time(delay_s: float) -> str:
    if not isfinite(delay_s):
        return "never"
    return f"{delay_s / 3600:.1f} h" if delay_s >= 3600 else f"{delay_s / 60:.0f} min"


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _per_day(count: float) -> float:
    if not LEAST_PER_DAY <= count <= MOST_PER_DAY:
        raise SettingsError(f"--per-day: want {LEAST_PER_DAY:g} to {MOST_PER_DAY:,.0f}, got {count:g}")
    return count


def _patience_ms(text: str) -> int:
    try:
        patience_ms = duration_ms(text)
    except ValueError as error:
        raise SettingsError(f"--patience: want {error}, got {text}") from None
    if patience_ms <= 0:
        raise SettingsError(f"--patience: want more than nothing, got {duration_text(patience_ms)}")
    return patience_ms


def _write(path: Path, page: str, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        raise SettingsError(
            f"--html: {path}: want a file that can be written, got: {error.strerror}"
        ) from None
