"""`tocsin simulate`: how often would this rule page for nothing, and how soon would it see a fall?"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from alerts.errors import SettingsError
from alerts.notation import duration_ms, duration_text
from alerts.rules import Rule
from stream.cli.terminal.finite import FiniteRange
from stream.cli.terminal.progress import progress
from stream.cli.terminal.showing import zone
from stream.files.rule_files import load, read_text, starter
from stream.files.written_files import check_output
from stream.judge.evaluation.explained import Explained
from stream.processes.shared_jobs import hands, shared
from stream.reports.explain import explanation_json, explanation_text
from stream.simulate.choice import RuleChoice, chosen
from stream.simulate.outcomes import RuleOutcome
from stream.simulate.plot import chart
from stream.simulate.profiles import hourly
from stream.simulate.question import Fall, Question, on_volume
from stream.simulate.report import report, table
from stream.simulate.rhythm import Rhythm
from stream.simulate.simulation import TUNED_MS, Simulation

LEAST_PER_DAY, MOST_PER_DAY = 0.1, 1e6
"""Answers of a scope that a simulation is good for: between three a month and a dozen a second."""
MOST_SCOPE_MONTHS: Final = 100_000
"""All are simulated at once, each in some 25 kB."""
TIMES: Final = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,6})?)[x×]")
"""So many times the volume: `2x`, `0.5x`; `0x` is a halt."""


@dataclass(frozen=True, slots=True)
class VolumeOptions:
    """How much comes in, by click's names."""

    per_day: float | None
    per_hour: float | None
    volume: Path | None
    noise: float
    drift: float


VOLUME_OPTIONS: Final = ("per_day", "per_hour", "volume", "noise", "drift")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """What the command line asks for besides, by click's names."""

    healthy: float | None
    scopes: int
    fall: tuple[str, ...]
    months: int
    patience: str
    seed: int
    tune: bool
    explain: bool
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
@click.option(
    "--healthy", type=FiniteRange(), metavar="SCORE", help="The score when all is well, for rules on scores."
)
@click.option(
    "--per-day", type=FiniteRange(), metavar="N", help="Answers per scope and day, at any hour alike."
)
@click.option("--per-hour", type=FiniteRange(), metavar="N", help="The same per hour.")
@click.option(
    "--volume",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A CSV file of how much comes in: hours (or weekdays and hours, or times) and events.",
)
@click.option(
    "--noise",
    type=FiniteRange(0, 1),
    default=0.1,
    show_default=True,
    help="How far days stray from --volume or --per-hour, as a share.",
)
@click.option(
    "--drift",
    type=FiniteRange(-0.9, 9),
    default=0.0,
    show_default=True,
    help="How much more comes in after 30 days, as a share.",
)
@click.option(
    "--scopes",
    type=click.IntRange(1, MOST_SCOPE_MONTHS),
    default=20,
    show_default=True,
    help="How many scopes.",
)
@click.option(
    "--fall",
    multiple=True,
    metavar="SCORE|TIMES",
    help="A score to fall to, or so many times the volume (2x, 0x for a halt); repeatable.",
)
@click.option(
    "--months",
    type=click.IntRange(1, MOST_SCOPE_MONTHS),
    default=5,
    show_default=True,
    help="Healthy months of 30 days.",
)
@click.option(
    "--patience", default="7d", show_default=True, metavar="DURATION", help="How long a fall is watched."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same figures."
)
@click.option("--tune", is_flag=True, help="Find the plain window that pages as seldom as each rule, too.")
@click.option(
    "--explain",
    is_flag=True,
    help="Every reading of the first scope on the last healthy day and after, and why.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write table and plot."
)
def command(rules: Path | None, rule: tuple[str, ...], indicator: str | None, **options: Any) -> None:
    """Operating characteristics of rules, from simulated answers and volumes through the real detectors.

    False pages per scope and 30 days while all is well, and the delay until a fall is paged, for each rule
    and for the plain one beside it.  Rules on scores want --healthy; surge and silence do without.  A gap
    rule compares four values of each scope, one of which falls.
    """
    volumes = VolumeOptions(*(options.pop(name) for name in VOLUME_OPTIONS))
    wanted = SimulateOptions(**options)
    rulebook = starter() if rules is None else load(rules)
    found = chosen(rulebook, RuleChoice(rule, indicator), scores=wanted.healthy is not None)
    question = _question(wanted, volumes, found)
    many = 1 if wanted.explain else hands()  # what is heard of readings is heard here
    simulation = Simulation(rulebook, found, question, apart=many > 1)
    if wanted.html is not None:
        check_output("--html", wanted.html, [file for file in (rules, volumes.volume) if file is not None])
        _write(wanted.html, "", "a")  # whether it can be, before the work
    heard: list[Explained] = []
    jobs = simulation.jobs(heard.append if wanted.explain else None)
    with shared(jobs, many) as done, progress("simulating", simulation.hours()) as told:
        outcomes = simulation.outcomes(done(told))
    if wanted.html is not None:
        _write(wanted.html, chart(question, outcomes))
    _show(wanted, question, outcomes, heard)


def _show(
    wanted: SimulateOptions, question: Question, outcomes: list[RuleOutcome], heard: list[Explained]
) -> None:
    if wanted.as_json:
        explained = [orjson.loads(explanation_json(one)) for one in heard]
        found = report(question, outcomes) | ({"explained": explained} if wanted.explain else {})
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        return
    for one in heard:
        click.echo(explanation_text(one, zone("UTC")))
    for line in table(question, outcomes):
        click.echo(line)


def _question(wanted: SimulateOptions, volumes: VolumeOptions, rules: list[Rule]) -> Question:
    rhythm = _rhythm(volumes)
    if wanted.scopes * wanted.months > MOST_SCOPE_MONTHS:
        raise SettingsError(
            f"--scopes, --months: want {MOST_SCOPE_MONTHS:,} months of scopes at most, "
            f"got {wanted.scopes * wanted.months:,}"
        )
    return Question(
        healthy=wanted.healthy,
        falls=tuple(_fall(text, rules) for text in wanted.fall),
        per_day=_per_day(volumes, rhythm),
        scopes=wanted.scopes,
        months=wanted.months,
        seed=wanted.seed,
        patience_ms=_patience_ms(wanted.patience),
        tune_ms=TUNED_MS if wanted.tune else (),
        rhythm=rhythm,
    )


def _rhythm(wanted: VolumeOptions) -> Rhythm | None:
    """How volumes go; None where answers come as evenly as chance has it."""
    given = [name for name in ("per_day", "per_hour", "volume") if getattr(wanted, name) is not None]
    if len(given) != 1:
        names = ", ".join("--" + name.replace("_", "-") for name in given) or "none"
        raise SettingsError(f"want one of --per-day, --per-hour and --volume, got {names}")
    if wanted.volume is not None:
        return Rhythm(hourly(read_text(wanted.volume), str(wanted.volume)), wanted.noise, wanted.drift)
    if wanted.per_hour is not None:
        return Rhythm.even(wanted.per_hour, wanted.noise, wanted.drift)
    return None


def _fall(text: str, rules: list[Rule]) -> Fall:
    """A score, or so many times the volume."""
    times = TIMES.fullmatch(text.strip())
    if times is not None:
        if not any(map(on_volume, rules)):
            raise SettingsError(f"--fall: want a score such as 60 for rules on scores, got {text}")
        return Fall(times=float(times[1]))
    try:
        score = float(text)
    except ValueError:
        raise SettingsError(f"--fall: want a score such as 60, or times such as 2x, got {text}") from None
    if all(map(on_volume, rules)):
        raise SettingsError(f"--fall: want times the volume such as {text}x for rules on volume, got {text}")
    return Fall(score)


def _per_day(given: VolumeOptions, rhythm: Rhythm | None) -> float:
    count = given.per_day or 0.0 if rhythm is None else rhythm.per_day
    if not LEAST_PER_DAY <= count <= MOST_PER_DAY:
        what = "--per-day: want" if rhythm is None else f"{_source(given)}: want on an average day"
        raise SettingsError(f"{what} {LEAST_PER_DAY:g} to {MOST_PER_DAY:,.0f}, got {count:g}")
    return count


def _source(given: VolumeOptions) -> str:
    return "--per-hour" if given.volume is None else str(given.volume)


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
