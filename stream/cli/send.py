"""`tocsin send`: generated traffic to Kafka or to a file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alerts.errors import SettingsError
from stream.cli.kafka_options import kafka_options, run
from stream.cli.terminal.finite import FiniteRange
from stream.kafka.clients import look_for, producing
from stream.kafka.confirmed import Confirmed
from stream.kafka.settings import ClientSettings
from stream.messages.records import Stream
from stream.messages.topic_names import INPUTS
from stream.traffic.generator import Message
from stream.traffic.pacing import Pace, start_for
from stream.traffic.profiles import SCENARIOS
from stream.traffic.sender import Play, limits, run_name, send, wall_ms, write


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """What the command line asks for; None: the scenario's own."""

    scenario: str
    rate: float | None
    speed: float | None
    seconds: float | None
    events: int | None
    start: str | None
    seed: int
    to: Path | None


@click.command()
@click.option(
    "--scenario",
    envvar="TOCSIN_SCENARIO",
    type=click.Choice(list(SCENARIOS)),
    help="What to play; --list says what each is.",
)
@click.option("--list", "listed", is_flag=True, help="List the scenarios and end.")
@click.option("--rate", type=FiniteRange(0, 1e6, min_open=True), help="Mean messages per second.")
@click.option(
    "--speed",
    type=FiniteRange(1, 1e6),
    help="How many times faster than life event time runs; above 1 it starts in the past.",
)
@click.option("--seconds", type=FiniteRange(0, min_open=True), help="End after so many seconds.")
@click.option("--events", type=click.IntRange(1), help="End after so many messages.")
@click.option("--start", metavar="TIME", help="Event time to start at, RFC 3339; makes a run repeatable.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another day.")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write NDJSON there instead (.gz: compressed, -: stdout), as fast as it goes.",
)
@kafka_options
def command(kafka: ClientSettings, scenario: str | None, listed: bool, **options: Any) -> None:  # noqa: FBT001
    """Generate traffic: six channels, nine stages of the journey, answers, cases, mentions."""
    if listed:
        for known in SCENARIOS.values():
            click.echo(f"{known.name:10} {known.help}")
        return
    if scenario is None:
        raise SettingsError(f"--scenario: want one of {', '.join(SCENARIOS)}, got nothing")
    wanted = SendOptions(scenario=scenario, **options)
    play, pace = _play(wanted)
    bounded = limits(pace, wanted.seconds, wanted.events).of(play.messages())
    if wanted.to is None:
        _say(run(_send(kafka, bounded, pace)), kafka.bootstrap)
        return
    if str(wanted.to) != "-" and wanted.seconds is None and wanted.events is None:
        raise SettingsError("--to: want --seconds or --events beside it, or the file would never end")
    _say(write(wanted.to, bounded), str(wanted.to))


def _play(wanted: SendOptions) -> tuple[Play, Pace]:
    scenario, now_ms = SCENARIOS[wanted.scenario], wall_ms()
    speed = wanted.speed or scenario.speed
    run = run_name(scenario, now_ms)
    start_ms = start_for(now_ms, speed, wanted.seconds)
    if wanted.start is not None:
        start_ms, run = _moment_ms(wanted.start), f"{scenario.name}-{wanted.seed}"
    rate = (wanted.rate or scenario.rate) / speed
    return Play(scenario, start_ms, rate, wanted.seed, run), Pace(start_ms, now_ms, speed)


def _moment_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SettingsError(f"--start: want a time such as 2026-11-22T06:00:00Z, got {text!r}")
    return int(moment.timestamp() * 1000)


async def _send(kafka: ClientSettings, bounded: Iterable[Message], pace: Pace) -> Counter[Stream]:
    await look_for(kafka, INPUTS)
    async with producing(kafka) as producer:
        return await send(Confirmed(producer), bounded, pace)


def _say(sent: Counter[Stream], where: str) -> None:
    parts = ", ".join(f"{sent[stream]:,} to {stream.topic}" for stream in Stream)
    click.echo(f"sent {sent.total():,} messages to {where}: {parts}", err=True)
