"""`tocsin dead-letters`: what was refused and why; send it again once the reason is gone."""

import asyncio
import functools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Final

import click
import orjson

from alerts.errors import SettingsError
from alerts.notation import duration_ms
from alerts.transitions import utc_text
from stream.cli.kafka_options import kafka_options, run
from stream.kafka.clients import producing, read_all
from stream.kafka.letters import REASONS, TOPICS, Letter, LetterChoice, as_object, read
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import DEAD_LETTERS

AT_ONCE: Final = 1_000
"""Letters that are on their way at a time."""


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
        click.echo(orjson.dumps(as_object(letter)) if as_json else _line(letter))
    if not as_json:
        _count(counts)


@command.command("redrive")
@kafka_options
@_chosen
@click.option("--all", "everything", is_flag=True, help="All of them; else say which.")
@click.option("--dry-run", is_flag=True, help="Only count what would be sent.")
def redrive(kafka: ClientSettings, choice: LetterChoice, *, everything: bool, dry_run: bool) -> None:
    """Send dead letters to the topic that they came from, byte for byte, with their own headers.

    Messages that the gateway refused have none, and stay.
    What is sent again stays here; a record that is sent twice counts once, as its id is known.
    """
    if choice == LetterChoice() and not everything:
        raise SettingsError("--topic, --reason, --since or --all: want to be told which letters, got nothing")
    counts = run(_send(kafka, choice, dry_run=dry_run))
    count = counts.total()
    click.echo(f"{count} record{'s' * (count != 1)} {'to send' if dry_run else 'sent again'}")
    _count(counts)


async def _latest(
    kafka: ClientSettings, choice: LetterChoice, limit: int
) -> tuple[list[Letter], Counter[str]]:
    """The newest `limit` letters, oldest first, and how many there are in all by reason."""
    kept: list[tuple[tuple[int, str, int, int], Letter]] = []
    counts: Counter[str] = Counter()
    async for letter in _chosen_letters(kafka, choice):
        counts[letter.reason] += 1
        heappush(kept, ((letter.at_ms, letter.topic, letter.partition, letter.offset), letter))
        if len(kept) > limit:
            heappop(kept)
    return [letter for _, letter in sorted(kept, key=itemgetter(0))], counts


async def _send(kafka: ClientSettings, choice: LetterChoice, *, dry_run: bool) -> Counter[str]:
    """Send again what is there now, a thousand at a time, or only count it; how many, by reason."""
    counts: Counter[str] = Counter()
    async with producing(kafka) as producer:
        sent = []
        async for letter in _chosen_letters(kafka, choice):
            if letter.source is not None or (letter.key is None and letter.value is None):
                continue  # no record; or nothing at all, which the client refuses to send
            if not letter.is_whole:
                continue  # only its beginning is here; the record itself is where it was
            counts[letter.reason] += 1
            if dry_run:
                continue
            # Without a key nothing says where it belongs but where it was.
            partition = letter.partition if letter.key is None else None
            record = (letter.topic, letter.value, letter.key, partition)
            sent.append(await producer.send(*record, headers=list(letter.headers)))
            if len(sent) == AT_ONCE:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)
    return counts


async def _chosen_letters(kafka: ClientSettings, choice: LetterChoice) -> AsyncIterator[Letter]:
    async for record in read_all(kafka, DEAD_LETTERS):
        letter = read(record)
        if letter is not None and choice.holds(letter):
            yield letter


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
