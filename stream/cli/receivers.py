"""`tocsin receivers`: is a receiver reached, and what does it answer?"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
import orjson

from alerts.delivery.mutes import Muting
from alerts.delivery.notices.notice import Notice, TransitionNews, notice
from alerts.delivery.notices.templates import sample
from alerts.delivery.notices.writer import Writer
from alerts.delivery.open_alerts import OpenAlerts
from alerts.delivery.retry_policy import Policy
from alerts.errors import SettingsError
from alerts.paging import Receiver
from alerts.receivers.answers import Answer, Fate
from alerts.receivers.http import HttpClient, HttpOutlet
from alerts.receivers.message import ReceiverMessage
from alerts.receivers.opening import opened
from alerts.rules import Rule, Rulebook, Threshold
from alerts.transitions import utc_text
from stream.files.rule_files import load
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.definitions import definition

SECRET_FIELDS: Final = frozenset({"routing_key", "token", "authorization", "webhook-signature"})
"""Of bodies and headers: not shown."""
MOST_SHOWN: Final = 2_000
HIDDEN: Final = "(not shown)"
TEST: Final = "[test] "
SAMPLE_RULE: Final = Rule(
    name="sample",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=60_000, warning=80, critical=50),
)


class ShownOutlet:
    """The way out of a receiver, which prints what goes and what comes, without secrets."""

    def __init__(self, outlet: HttpOutlet) -> None:
        self._outlet = outlet
        self.allow_private = outlet.allow_private
        self.timeout_s = outlet.timeout_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Print the request without the URL's path, which may be a secret; then the answer."""
        parts = urlsplit(url)
        click.echo(f"POST {parts.scheme}://{parts.netloc.rpartition('@')[2]}/…")
        for name, value in headers.items():
            click.echo(f"{name}: {HIDDEN if name.lower() in SECRET_FIELDS else value}")
        click.echo(_shown(body))
        answer = await self._outlet.post(url, body, headers)
        after = "" if answer.retry_after_s is None else f", Retry-After {answer.retry_after_s:g} s"
        click.echo(f"→ {answer.text}{after}")
        if answer.body:
            click.echo(answer.body.decode("utf-8", "replace")[:MOST_SHOWN])
        return answer

    def other(self, what: str) -> None:
        """Print what goes another way, such as a mail."""
        click.echo(what[: 4 * MOST_SHOWN])


@click.group("receivers")
def command() -> None:
    """Look at receivers, and try them."""


@command.command("list")
@click.option(
    "--rules", envvar="TOCSIN_RULES", required=True, type=click.Path(path_type=Path), help="Rules file."
)
def list_(rules: Path) -> None:
    """The receivers of a rules file: name, kind, language."""
    for each in load(rules).receivers:
        private = "  may be private" if each.allow_private else ""
        click.echo(f"{each.name:16}  {each.kind:12}  {each.lang}{private}")


@command.command("test")
@click.argument("name")
@click.option(
    "--rules", envvar="TOCSIN_RULES", required=True, type=click.Path(path_type=Path), help="Rules file."
)
@click.option(
    "--rule", "rule_name", metavar="RULE", help="The rule that the sample is of; default: the first."
)
@click.option("--resolve", is_flag=True, help="Tell the end of the sample too.")
def test(name: str, rules: Path, rule_name: str | None, *, resolve: bool) -> None:
    """Send a sample to receiver NAME; print what was sent and answered.

    Exit code 0: it was taken; 1: not; 2: there is no such receiver, or its secrets are not to be found.
    """
    rulebook = load(rules)
    receiver = next((each for each in rulebook.receivers if each.name == name), None)
    if receiver is None:
        names = ", ".join(each.name for each in rulebook.receivers) or "none"
        raise SettingsError(f"NAME: want one of the receivers, {names}, got {name!r}")
    states = ("firing", "resolved") if resolve else ("firing",)
    if not asyncio.run(_sent(rulebook, receiver, _rule(rulebook, rule_name), states)):
        raise SystemExit(1)


def _marked(message: ReceiverMessage) -> ReceiverMessage:
    """A message that says that it is a test, whichever of its parts a kind shows."""
    alerts = tuple(
        replace(each, annotations={**each.annotations, "summary": TEST + each.annotations["summary"]})
        for each in message.alerts
    )
    return replace(message, words=replace(message.words, title=TEST + message.words.title), alerts=alerts)


async def _sent(rulebook: Rulebook, receiver: Receiver, rule: Rule, states: tuple[str, ...]) -> bool:
    """Whether all was taken."""
    client = HttpClient(Policy().timeout_s)
    await client.start()
    try:
        timeout_s = Policy().patient(receiver.patience).timeout_s
        outlet = ShownOutlet(client.outlet(allow_private=receiver.allow_private, timeout_s=timeout_s))
        channel = opened(receiver, outlet)
        writer = Writer(rulebook, OpenAlerts(), Muting())
        memory, begun = "", int(time.time())
        for seq, state in enumerate(states, 1):
            news = sample(rule, state, definition=_definition(rulebook, rule))
            message = _marked(writer.alone(_notice(news, seq, begun), receiver))
            answer = await channel.send(message, memory, time.time())
            memory = answer.memory or memory
            click.echo(f"{receiver.name}: {answer.fate.value} ({answer.text})")
            if answer.fate is not Fate.TAKEN:
                return False
        return True
    finally:
        await client.close()


def _rule(rulebook: Rulebook, name: str | None) -> Rule:
    if name is None:
        return next(iter(rulebook.rules), SAMPLE_RULE)
    found = next((each for each in rulebook.rules if each.name == name), None)
    if found is None:
        raise SettingsError(f"--rule: want a rule of the file, got {name!r}")
    return found


def _definition(rulebook: Rulebook, rule: Rule) -> Mapping[str, object]:
    """What the rule's number means, also where the file has no rules and so keeps no indicator."""
    kept = {CATALOGUE[rule.indicator].configured_by: {}, **rulebook.indicators}
    return definition(rule.indicator, kept)


def _notice(news: TransitionNews, seq: int, begun: int) -> Notice:
    """A sample that begins now."""
    value: dict[str, Any] = {
        **{name: getattr(news, name) for name in news.__struct_fields__},
        "id": f"test-{begun}",
        "seq": seq,
        "at": utc_text(int(time.time() * 1000)),
        "started_at": utc_text(begun * 1000),
    }
    found = notice(orjson.dumps(value))
    if found is None:
        raise AssertionError("samples are of states that people are told of")
    return found


def _shown(body: bytes) -> str:
    """A body, without the fields that are secrets."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")[:MOST_SHOWN]
    if isinstance(found, dict):
        found = {key: HIDDEN if key in SECRET_FIELDS else value for key, value in found.items()}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()
