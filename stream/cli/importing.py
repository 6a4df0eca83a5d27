"""`tocsin import`: a foreign log to events, through a mapping that is declared, not programmed."""

import gzip
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from click.core import ParameterSource

from alerts.errors import SettingsError
from alerts.rules import Timing
from alerts.transitions import utc_text
from stream.cli.kafka_options import kafka_options, run
from stream.cli.terminal.collecting import collect_rarely
from stream.cli.terminal.import_words import listed, reported
from stream.cli.terminal.progress import ProgressListener, progress
from stream.files import rule_files
from stream.files.event_files import EventFile
from stream.files.packed_logs import STDIN, UNREADABLE, PackedLog, opened_all, size_of, unreadable
from stream.files.written_files import check_output, room_for_temporary
from stream.importing.cells.zones import zone_of
from stream.importing.importer import QUESTIONS, Importer
from stream.importing.mapping import Format, LogMapping
from stream.importing.mapping_file.reader import load, shipped, text_of
from stream.importing.rows.columns_hint import listed as shown
from stream.importing.rows.tables import blocks
from stream.indicators.cells import SCALES_OF
from stream.intake.decoding.ladders import Answer, steps_of, with_steps
from stream.intake.decoding.vouching import Vouching
from stream.kafka.clients import look_for, producing
from stream.kafka.confirmed import Confirmed
from stream.kafka.settings import ClientSettings
from stream.messages.records import Stream
from stream.messages.topic_names import INPUTS

CHUNK_LINES: Final = 10_000


class _Keys(msgspec.Struct):
    """What decides the key of a record."""

    id: str
    customer: str | None = None


_KEYS: Final = msgspec.json.Decoder(_Keys)


@click.command()
@click.argument("kind", metavar="KIND", required=False)
@click.argument("file", metavar="FILE", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--list", "listing", is_flag=True, help="List the shipped mappings and what each reads.")
@click.option("--show", metavar="KIND", help="Print a shipped mapping, to begin your own from.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="OUT",
    help="NDJSON file (.gz: compressed; -: stdout, the default without --broker).",
)
@click.option("--time-zone", metavar="ZONE", help="Zone of times without one, in place of the mapping's.")
@click.option(
    "--rules",
    type=click.Path(dir_okay=False),
    metavar="RULES",
    help="Rules file whose scales the answers must fit; without it, the default ones.",
)
@click.option(
    "--question",
    "questions",
    multiple=True,
    metavar="COLUMN=INDICATOR[/SCALE]",
    help="Which column of a survey is an answer to what, such as Q1=nps or 'How was it?=csat/1-5'.",
)
@click.option(
    "--as-is", is_flag=True, help="Keep the order of the log; otherwise events leave by event time."
)
@click.option("--strict", is_flag=True, help="Exit with code 1 when a row could not be used.")
@kafka_options
def command(
    kafka: ClientSettings, kind: str | None, file: str | None, **given: Any
) -> None:  # click hands options over by name
    """Turn a foreign log into events: to a file, to stdout, or to Kafka.

    KIND is a shipped mapping (`--list` names them) or a mapping file of your own; FILE a CSV, TSV, NDJSON or
    JSON log, plain or in gzip or zip, or - for stdin.  To Kafka, name --broker on the command line.

    Events that the worker would refuse are not written; --strict tells them apart by exit code 1.
    """
    collect_rarely()
    wish = ImportWish(**given)
    if wish.listing:
        click.echo(listed(), nl=False)
    elif wish.show is not None:
        click.echo(text_of(wish.show)[0], nl=False)
    elif kind is None or file is None:
        raise click.UsageError(
            f"want KIND and FILE: a mapping ({', '.join(shipped())}, or your own file) and a log"
        )
    else:
        _import(kafka, kind, file, wish)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWish:
    """The options of the command line."""

    listing: bool
    show: str | None
    output: str | None
    time_zone: str | None
    rules: str | None
    questions: tuple[str, ...]
    as_is: bool
    strict: bool


def _import(kafka: ClientSettings, kind: str, file: str, wish: ImportWish) -> None:
    if wish.output is not None:
        check_output("--output", wish.output, [file, kind, *filter(None, [wish.rules])])
    mapping = load(kind, _zone(wish.time_zone))
    indicators = {} if wish.rules is None else rule_files.load(wish.rules).indicators
    entries = {QUESTIONS: _questions(wish.questions)} if wish.questions else {}
    if entries and all(table.name != QUESTIONS for table in mapping.tables):
        raise SettingsError(f"--question: want a mapping with a table of questions, got {kind}")
    importer = Importer(mapping, Vouching(indicators).refused, entries)
    importer.tale.understood.declare(indicators)
    importer.tale.understood.events.now = utc_text(round(time.time()) * 1000 + Timing().max_ahead_ms)
    broker = click.get_current_context().get_parameter_source("broker") is ParameterSource.COMMANDLINE
    with _events(importer, mapping, file, as_is=wish.as_is) as events:
        if broker and wish.output is None:
            run(_produce(kafka, events))
        else:
            _write(wish.output or STDIN, events)
    click.echo(reported(importer.tale, mapping.format), err=True, nl=False)
    if wish.strict and importer.tale.bad:
        raise SystemExit(1)


def _questions(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        column, meant = _question(text)
        if found.setdefault(column, meant) != meant:
            raise SettingsError(f'--question: want each column once, got "{column}" again')
    return found


def _question(text: str) -> tuple[str, dict[str, str]]:
    """`Q1=csat/1-5` as an entry of the table of questions."""
    column, equals, meant = text.rpartition("=")
    indicator, _, scale = meant.partition("/")
    if not (equals and column and indicator in SCALES_OF and scale in {"", *SCALES_OF[indicator]}):
        known = "; ".join(f"{name}/{', '.join(scales)}" for name, scales in SCALES_OF.items())
        raise SettingsError(f'--question: want COLUMN=INDICATOR[/SCALE], of {known}, got "{text}"')
    return column.strip(), {"indicator": indicator, **({"scale": scale} if scale else {})}


def _zone(name: str | None) -> tzinfo | None:
    try:
        return None if name is None else zone_of(name)
    except ValueError as error:
        raise SettingsError(f"--time-zone: {error}") from None


@contextmanager
def _events(
    importer: Importer, mapping: LogMapping, file: str, *, as_is: bool
) -> Iterator[Iterable[Sequence[bytes]]]:
    """The events of a log as lines without line breaks, many at once, by event time unless `as_is`."""
    layout = mapping.format
    with ExitStack() as stack:
        logs = stack.enter_context(opened_all(file, layout.member, several=layout.several))
        listener = stack.enter_context(progress(f"importing {file}", size_of([file])))
        lines = _read(importer, layout, file, logs, listener)
        if as_is:
            yield lines
            return
        with room_for_temporary():
            spool = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".ndjson"))
            spool.writelines(map(_text, lines))
            spool.flush()
        told = importer.tale.understood
        told.steps = steps_of(told.scores, told.scales)
        yield _in_order(stack.enter_context(EventFile([spool.name])), told.steps)


def _read(
    importer: Importer, layout: Format, file: str, logs: Iterator[PackedLog], told: ProgressListener
) -> Iterator[Sequence[bytes]]:
    for log in logs:
        try:
            for lines in importer.lines(
                blocks(log.stream, layout, log.name, partial(importer.check, log.name))
            ):
                told(log.consumed())
                yield lines
        except UNREADABLE as error:
            raise unreadable(log.name, error) from None
    yield from importer.finish()
    tale = importer.tale
    if not tale.events and not tale.bad and importer.asked:
        asked = ", ".join(f'"{name}"' for name in importer.asked)
        raise SettingsError(
            f"{file}: say what is asked, such as --question 'COLUMN=csat/1-5'; there are: {asked}"
        )
    if tale.rows > tale.skipped and not tale.events:
        click.echo(reported(tale, layout), err=True, nl=False)
        untold = tale.columns.there and not tale.columns.unseen
        there = f" (there are: {shown(tale.columns.there)})" if untold else ""
        raise SettingsError(
            f"{file}: want rows that the mapping makes events of, got none in {tale.rows:,}{there}"
        )


def _in_order(events: EventFile, steps: Mapping[Answer, int]) -> Iterator[Sequence[bytes]]:
    for first in range(0, len(events), CHUNK_LINES):
        yield with_steps(events.lines(first, min(first + CHUNK_LINES, len(events))).text, steps)


def _text(lines: Sequence[bytes]) -> bytes:
    return b"\n".join([*lines, b""])


def _write(output: str, events: Iterable[Sequence[bytes]]) -> None:
    if output == STDIN:
        sys.stdout.buffer.writelines(map(_text, events))
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as out:
            out.writelines(map(_text, events))
    except OSError as error:
        raise SettingsError(
            f"--output: want a file that can be written, got {output}: {error.strerror}"
        ) from None


async def _produce(kafka: ClientSettings, events: Iterable[Sequence[bytes]]) -> None:
    """Send the events, keyed by customer, or by their own id where there is none."""
    await look_for(kafka, INPUTS)
    async with producing(kafka) as producer:
        confirmed = Confirmed(producer)
        for lines in events:
            await confirmed.send(map(_outgoing, lines))
        await confirmed.flush()


def _outgoing(line: bytes) -> tuple[str, bytes, bytes]:
    keys = _KEYS.decode(line)
    stream = Stream.FEEDBACK if b'"indicator":' in line else Stream.INTERACTIONS
    return stream.topic, line, (keys.customer or keys.id).encode()
