"""`tocsin import`: a foreign log to events, through a mapping that is declared, not programmed."""

import gzip
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import click
import msgspec
from aiokafka import AIOKafkaProducer
from click.core import ParameterSource

from alerts.errors import SettingsError
from stream.cli.kafka_options import kafka_options, run
from stream.cli.progress import Told, progress
from stream.files.event_files import EventFile
from stream.files.packed_logs import STDIN, UNREADABLE, PackedLog, opened, unreadable
from stream.importing.importer import ImportCounts, Importer
from stream.importing.mapping import LogMapping
from stream.importing.mapping_file import load
from stream.importing.tables import rows
from stream.kafka.clients import BrokerError, admin_client, producing
from stream.kafka.settings import ClientSettings
from stream.messages.records import Stream

CHUNK_LINES: Final = 10_000
TOLD_EVERY: Final = 1_000


class _Keys(msgspec.Struct):
    """What decides the key of a record."""

    id: str
    customer: str | None = None


_KEYS: Final = msgspec.json.Decoder(_Keys)


@click.command()
@click.argument("kind", metavar="KIND")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="OUT",
    help="NDJSON file (.gz: compressed; -: stdout, the default without --broker).",
)
@click.option(
    "--as-is", is_flag=True, help="Keep the order of the log; otherwise events leave by event time."
)
@click.option("--strict", is_flag=True, help="Exit with code 1 when a row could not be used.")
@kafka_options
def command(
    kafka: ClientSettings,
    kind: str,
    file: str,
    output: str | None,
    as_is: bool,  # noqa: FBT001  # click hands options over by name
    strict: bool,  # noqa: FBT001
) -> None:
    """Turn a foreign log into events: to a file, to stdout, or to Kafka.

    KIND is a shipped mapping (bank-calls, incidents) or a mapping file of your own; FILE a CSV, TSV or
    NDJSON log, plain or in gzip or zip, or - for stdin.  To Kafka, name --broker on the command line.
    """
    mapping = load(kind)
    importer = Importer(mapping)
    given = click.get_current_context().get_parameter_source("broker") is ParameterSource.COMMANDLINE
    with _events(importer, mapping, file, as_is=as_is) as events:
        if given and output is None:
            run(_produce(kafka, events))
        else:
            _write(output or STDIN, events)
    _report(importer.tale)
    if strict and importer.tale.bad:
        raise SystemExit(1)


@contextmanager
def _events(importer: Importer, mapping: LogMapping, file: str, *, as_is: bool) -> Iterator[Iterable[bytes]]:
    """The events of a log as lines, by event time unless `as_is`."""
    with ExitStack() as stack:
        log = stack.enter_context(opened(file, mapping.format.member))
        told = stack.enter_context(progress(f"importing {log.name}", log.size))
        lines = _read(importer, mapping, log, told)
        if as_is:
            yield lines
            return
        spool = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".ndjson"))
        spool.writelines(lines)
        spool.flush()
        yield _in_order(stack.enter_context(EventFile([spool.name])))


def _read(importer: Importer, mapping: LogMapping, log: PackedLog, told: Told) -> Iterator[bytes]:
    try:
        for line in importer.lines(rows(log.stream, mapping.format, log.name), log.name):
            if importer.tale.events % TOLD_EVERY == 0:
                told(log.consumed())
            yield line
    except UNREADABLE as error:
        raise unreadable(log.name, error) from None
    tale = importer.tale
    if tale.rows > tale.skipped and not tale.events:
        _report(tale)
        raise SettingsError(
            f"{log.name}: want rows that the mapping makes events of, got none in {tale.rows:,}"
        )


def _in_order(events: EventFile) -> Iterator[bytes]:
    for first in range(0, len(events), CHUNK_LINES):
        for line in events.lines(first, min(first + CHUNK_LINES, len(events))).text:
            yield line + b"\n"


def _write(output: str, events: Iterable[bytes]) -> None:
    if output == STDIN:
        sys.stdout.buffer.writelines(events)
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as out:
            out.writelines(events)
    except OSError as error:
        raise SettingsError(
            f"--output: want a file that can be written, got {output}: {error.strerror}"
        ) from None


async def _produce(kafka: ClientSettings, events: Iterable[bytes]) -> None:
    """Send the events, keyed by customer, or by their own id where there is none."""
    async with admin_client(kafka) as admin:
        there = set(await admin.list_topics())
    missing = [stream.topic for stream in Stream if stream.topic not in there]
    if missing:
        raise BrokerError(f"{kafka.bootstrap} has no topic {missing[0]}; `tocsin topics` creates it")
    async with producing(kafka) as producer:
        for line in events:
            await _send(producer, line.rstrip(b"\n"))
        await producer.flush()


async def _send(producer: AIOKafkaProducer, line: bytes) -> None:
    keys = _KEYS.decode(line)
    stream = Stream.FEEDBACK if b'"indicator":' in line else Stream.INTERACTIONS
    await producer.send(stream.topic, line, key=(keys.customer or keys.id).encode())


def _report(tale: ImportCounts) -> None:
    bad = tale.bad.total()
    click.echo(
        f"{tale.rows:,} rows: {tale.events:,} events, {tale.skipped:,} rows skipped, {bad:,} bad", err=True
    )
    for fault, count in tale.bad.most_common():
        click.echo(f"  {count:,} × {fault}", err=True)
    for number, what in tale.first_bad:
        click.echo(f"  line {number}: {what}", err=True)
    if bad > len(tale.first_bad):
        click.echo(f"  … and {bad - len(tale.first_bad):,} more", err=True)
