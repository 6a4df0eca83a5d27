"""`tocsin alerts`: what fires, as it happens; take care of it, silence it, say what it was worth."""

import getpass
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import uuid4

import click
import orjson

from alerts.delivery import commands
from alerts.delivery.command_seal import CommandOutcome
from alerts.delivery.commands import (
    VERDICTS,
    Acknowledge,
    Judgement,
    SilenceCommand,
    Unacknowledge,
    Unsilence,
    spelled,
)
from alerts.delivery.mutes import Muting, quiets
from alerts.delivery.notices.notice import labels_of
from alerts.errors import SettingsError
from alerts.foreign_text import printable, printable_json
from alerts.latest import LatestNews
from alerts.rules import DIMENSIONS
from alerts.states import KNOWN
from alerts.transitions import Transition, encode
from stream.cli.command_key import command_key_option
from stream.cli.kafka_options import kafka_options, run
from stream.kafka.clients import POLL_MS, read_all, reading
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import ALERTS
from stream.ops.alert_records import everything_of, rule_records
from stream.ops.alert_status import decode, line, one
from stream.ops.saying import heeded, say

LABELS: Final = ("rule", "severity", "indicator", *DIMENSIONS)
Keys = tuple[bytes, ...]
REPORT_HEAD: Final = f"{'rule':24}  alerts   true  false  known  precision  acked after"
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@click.group("alerts")
def command() -> None:
    """Follow alerts, acknowledge them, silence them."""


def _signed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that every command on cx.commands has: who says so, and why."""
    by = click.option("--by", default=getpass.getuser, show_default="your user name", help="Who says so.")
    comment = click.option("--comment", metavar="TEXT", help="Why.")
    decorated: Callable[..., Any] = by(comment(command_key_option(function)))
    return decorated


@command.command("list")
@kafka_options
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="Print cx.alerts values, one a line.")
def show(kafka: ClientSettings, *, everything: bool, as_json: bool) -> None:
    """Where each alert stands: firing, stale, pending."""
    standing, notes = run(_read(kafka))
    found = standing.all() if everything else standing.open()
    for transition in found:
        _show(transition, notes, as_json=as_json)
    if not found and not as_json:
        click.echo("Nothing is open.")


@command.command("follow")
@kafka_options
@click.option("--from-start", is_flag=True, help="Begin with the oldest that the topic still has.")
@click.option("--json", "as_json", is_flag=True, help="Print cx.alerts values, one a line.")
def follow(kafka: ClientSettings, *, from_start: bool, as_json: bool) -> None:
    """Print every change as it happens, until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        run(_follow(kafka, from_start=from_start, as_json=as_json))


@command.command("ack")
@kafka_options
@click.argument("alert")
@click.option(
    "--as", "verdict", type=click.Choice([*KNOWN, "new normal"]),
    help="Say also that it is known, or a new normal: see `verdict`.",
)  # fmt: skip
@_signed
def acknowledge(
    kafka: ClientSettings, alert: str, verdict: str | None, by: str, comment: str | None, keys: Keys
) -> None:
    """Take care of ALERT: receivers hear of it again when it gets louder, or is over.

    ALERT is the beginning of its id.
    """
    known = one(run(_read(kafka))[0], alert)
    if known.state == "resolved":
        click.echo(f"{known.id} is over: there is nothing to acknowledge")
        return
    severity: Literal["warning", "critical"] = "critical" if known.severity == "critical" else "warning"
    run(say(kafka, Acknowledge(alert=known.id, severity=severity, at=_now(), by=by, comment=comment), keys))
    click.echo(f"{known.id} is acknowledged by {by}")
    if verdict is not None:
        _judge(kafka, known.id, verdict, by, comment, keys)


@command.command("unack")
@kafka_options
@click.argument("alert")
@_signed
def unacknowledge(kafka: ClientSettings, alert: str, by: str, comment: str | None, keys: Keys) -> None:
    """Take care of ALERT no longer: it is told, repeated and escalated again."""
    known = one(run(_read(kafka))[0], alert)
    run(say(kafka, Unacknowledge(alert=known.id, at=_now(), by=by, comment=comment), keys))
    click.echo(f"{known.id} is acknowledged by nobody")


@command.command("show")
@kafka_options
@click.argument("alert")
@click.option("--json", "as_json", is_flag=True, help="Print cx.alerts values, one a line.")
def history(kafka: ClientSettings, alert: str, *, as_json: bool) -> None:
    """Everything that happened to ALERT: its changes, who was told, what was said."""
    changes, told, said = run(everything_of(kafka, alert))
    for transition in changes:
        _show(transition, {}, as_json=as_json)
    if not as_json:
        for line_ in (*told, *said):
            click.echo(printable(line_))


@command.command("report")
@kafka_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object by rule.")
def report(kafka: ClientSettings, *, as_json: bool) -> None:
    """How often each rule was right: alerts, verdicts, precision, and how soon somebody took care."""
    rows = run(rule_records(kafka))
    if as_json:
        click.echo(
            orjson.dumps({name: row.as_object() for name, row in rows.items()}, option=orjson.OPT_INDENT_2)
        )
        return
    click.echo(REPORT_HEAD)
    for name, row in rows.items():
        click.echo(printable(f"{name:24} {row.line()}"))


@command.command("verdict")
@kafka_options
@click.argument("alert")
@click.argument("verdict", type=click.Choice([*VERDICTS, "new normal", "genuine"]))
@_signed
def judge(kafka: ClientSettings, alert: str, verdict: Any, by: str, comment: str | None, keys: Keys) -> None:
    """Say what ALERT turned out to be: worth the page (true, or genuine), not (false), or known already.

    One that is known, or a new_normal, ends: it fires again only when it gets worse than now.
    """
    _judge(kafka, one(run(_read(kafka))[0], alert).id, verdict, by, comment, keys)


def _judge(kafka: ClientSettings, alert: str, verdict: Any, by: str, comment: str | None, keys: Keys) -> None:
    verdict = spelled(verdict)
    said = Judgement(alert=alert, verdict=verdict, at=_now(), by=by, comment=comment)
    over = run(say(kafka, said, keys)) is CommandOutcome.OVER
    click.echo(f"{alert} was {verdict}, says {by}{'; it was over, so nothing changes' if over else ''}")


@command.command("silence")
@kafka_options
@click.option(
    "--match", "pairs", multiple=True, required=True, metavar="LABEL=VALUE",
    help="What to silence: all given labels must be the alert's.",
)  # fmt: skip
@click.option("--for", "length", required=True, metavar="DURATION", help="For how long, such as 2h.")
@_signed
def silence(
    kafka: ClientSettings, pairs: tuple[str, ...], length: str, by: str, comment: str | None, keys: Keys
) -> None:
    """Send no notices of alerts that match; what still fires after the silence is told then."""
    match, until = _labels(pairs), _now() + timedelta(milliseconds=_length_ms(length))
    said = SilenceCommand(id=uuid4().hex[:12], match=match, until=until, at=_now(), by=by, comment=comment)
    run(say(kafka, said, keys))
    click.echo(f"silence {said.id} until {until:{TIME}}")


@command.command("unsilence")
@kafka_options
@click.argument("silence_id", metavar="SILENCE")
@_signed
def unsilence(kafka: ClientSettings, silence_id: str, by: str, comment: str | None, keys: Keys) -> None:
    """End SILENCE before its time."""
    if silence_id not in {each.id for each in run(_silences(kafka))}:
        raise SettingsError(f"SILENCE: want the id of a silence in force, got {silence_id!r}")
    run(say(kafka, Unsilence(id=silence_id, at=_now(), by=by, comment=comment), keys))
    click.echo(f"silence {silence_id} has ended")


@command.command("silences")
@kafka_options
@click.option("--idle", is_flag=True, help="Only those that keep no open alert quiet.")
@click.option("--json", "as_json", is_flag=True, help="Print cx.commands values, one a line.")
def silences(kafka: ClientSettings, *, idle: bool, as_json: bool) -> None:
    """The silences in force, and how many open alerts each keeps quiet."""
    found, standing = run(_silences(kafka)), run(_read(kafka))[0]
    open_ = [labels_of(each.rule, each.severity, each.indicator, each.scope) for each in standing.open()]
    for each in found:
        count = sum(quiets(each, labels) for labels in open_)
        if idle and count:
            continue
        match = " ".join(f"{label}={value}" for label, value in each.match.items())
        quiet = f"keeps {count} quiet" if count else "matches nothing"
        text = f"{each.id}  until {each.until:{TIME}}  {match}  {quiet}  by {each.by}  {each.comment or ''}"
        click.echo(printable_json(commands.encode(each)) if as_json else printable(text.rstrip()))


def _show(transition: Transition, notes: Mapping[str, str], *, as_json: bool) -> None:
    """One line: as it is on cx.alerts, or for people."""
    click.echo(printable_json(encode(transition)) if as_json else printable(line(transition, notes)))


async def _read(kafka: ClientSettings) -> tuple[LatestNews[Transition], dict[str, str]]:
    """Where alerts stand, and who takes care of which."""
    standing: LatestNews[Transition] = LatestNews()
    async for record in read_all(kafka, ALERTS):
        if (transition := decode(record.value)) is not None:
            standing.apply(transition)
    muting = await _muting(kafka)
    cares = {each.id: muting.acknowledged_by(each.id) for each in standing.open()}
    return standing, {alert: f"acknowledged by {printable(by)}" for alert, by in cares.items() if by}


async def _follow(kafka: ClientSettings, *, from_start: bool, as_json: bool) -> None:
    standing: LatestNews[Transition] = LatestNews()
    async with reading(kafka, ALERTS, latest=not from_start) as consumer:
        while True:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    transition = decode(record.value)
                    if transition is not None and standing.apply(transition):
                        _show(transition, {}, as_json=as_json)


async def _silences(kafka: ClientSettings) -> list[SilenceCommand]:
    return (await _muting(kafka)).silences(_now().timestamp())


async def _muting(kafka: ClientSettings) -> Muting:
    """All that was said and heeded."""
    muting = Muting()
    for said in await heeded(kafka):
        muting.apply(said)
    return muting


def _labels(pairs: tuple[str, ...]) -> dict[str, str]:
    match = {}
    for pair in pairs:
        label, equals, value = pair.partition("=")
        if not equals or label not in LABELS:
            raise SettingsError(f"--match: want LABEL=VALUE, LABEL one of {', '.join(LABELS)}, got {pair!r}")
        match[label] = value
    return match


def _length_ms(text: str) -> int:
    try:
        return commands.silence_ms(text)
    except ValueError as error:
        raise SettingsError(f"--for: want {error}, got {text!r}") from error


def _now() -> datetime:
    return datetime.now(UTC)
