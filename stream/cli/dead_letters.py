"""`tocsin dead-letters`: what was refused and why; send it again once the reason is gone."""

import functools
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import click
import orjson

from alerts.errors import SettingsError
from alerts.foreign_text import printable, printable_json
from alerts.notation import duration_ms
from alerts.transitions import utc_text
from stream.cli.kafka_options import kafka_options, run
from stream.gateway.letters import mapped_by
from stream.gateway.source_file import load_sources
from stream.kafka.letters import REASONS, TOPICS, Letter, LetterChoice, as_object
from stream.kafka.settings import ClientSettings
from stream.ops.redriving import KeptLetter, Mapped, chosen
from stream.ops.redriving import redrive as send_again


@click.group("dead-letters")
def command() -> None:
    """List rejected records, or send them again."""


def _chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which dead letters are meant; the function gets them as `choice`."""

    @functools.wraps(function)
    def with_choice(*, topic: str | None, reason: str | None, since: str | None, **rest: Any) -> Any:
        return function(choice=_choice(topic, reason, since), **rest)

    options = (
        click.option("--since", metavar="DURATION", help="Only those of the last, say, 2h."),
        click.option("--reason", type=click.Choice(REASONS), help="Only those refused for this reason."),
        click.option("--topic", type=click.Choice(TOPICS), help="Only those that came from this topic."),
    )
    decorated: Callable[..., Any] = with_choice
    for option in options:
        decorated = option(decorated)
    return decorated


@command.command("list")
@kafka_options
@_chosen
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, records included.")
def show(kafka: ClientSettings, choice: LetterChoice, limit: int, *, as_json: bool) -> None:
    """The latest dead letters, the newest last, and how many there are by reason.

    Records hold customers' data, so only --json prints them.
    """
    letters, counts = run(_latest(kafka, choice, limit))
    for letter in letters:
        click.echo(printable_json(orjson.dumps(as_object(letter))) if as_json else printable(_line(letter)))
    if not as_json:
        _count(counts)


@command.command("redrive")
@kafka_options
@_chosen
@click.option("--all", "everything", is_flag=True, help="All of them; else say which.")
@click.option("--again", is_flag=True, help="Also those that were sent before.")
@click.option("--dry-run", is_flag=True, help="Only count what would be sent.")
@click.option(
    "--sources",
    envvar="TOCSIN_SOURCES",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sources file that makes events of messages that the gateway refused.",
)
def redrive(
    kafka: ClientSettings,
    choice: LetterChoice,
    *,
    everything: bool,
    sources: Path | None,
    **how: bool,
) -> None:
    """Send dead letters to the topic that they came from, byte for byte, with their descent in headers.

    Messages that the gateway refused become events by --sources, or stay.  A letter is sent once, also when
    it comes back.
    """
    if choice == LetterChoice() and not everything:
        raise SettingsError("--topic, --reason, --since or --all: want to be told which letters, got nothing")
    done = run(send_again(kafka, choice, mapped=_mapped(sources), **how))
    count = done.sent.total()
    click.echo(f"{count} record{'s' * (count != 1)} {'to send' if how['dry_run'] else 'sent again'}")
    _count(done.sent)
    for why, kept in done.kept.items():
        if kept:
            click.echo(f"{kept} not sent: {why}{_HINTS.get(why, '')}")


_HINTS: Final = {
    KeptLetter.SENT_BEFORE: " (--again sends them)",
    KeptLetter.OF_GATEWAY: " (--sources makes events of them)",
}


def _mapped(file: Path | None) -> Mapped | None:
    if file is None:
        return None
    return partial(mapped_by, {declared.source.name: declared.source for declared in load_sources(file)})


async def _latest(
    kafka: ClientSettings, choice: LetterChoice, limit: int
) -> tuple[list[Letter], Counter[str]]:
    """The newest `limit` letters, oldest first, and how many there are in all by reason."""
    kept: list[tuple[tuple[int, str, int, int], Letter]] = []
    counts: Counter[str] = Counter()
    async for found in chosen(kafka, choice):
        letter = found.letter
        counts[letter.reason] += 1
        heappush(kept, ((letter.at_ms, letter.topic, letter.partition, letter.offset), letter))
        if len(kept) > limit:
            heappop(kept)
    return [letter for _, letter in sorted(kept, key=itemgetter(0))], counts


def _choice(topic: str | None, reason: str | None, since: str | None) -> LetterChoice:
    try:
        length_ms = None if since is None else duration_ms(since)
    except ValueError as error:
        raise SettingsError(f"--since: want {error}, got {since!r}") from error
    since_ms = 0 if length_ms is None else round(time.time() * 1000) - length_ms
    return LetterChoice(topic, reason, since_ms)


def _line(letter: Letter) -> str:
    return f"{utc_text(letter.at_ms)}  {letter.place}  {letter.reason}  {letter.detail}"


def _count(counts: Counter[str]) -> None:
    for reason, count in counts.most_common():
        click.echo(f"{count:>8}  {reason}")
