"""`tocsin demo`: Tocsin at work on a machine with nothing but Python."""

import os
import tempfile
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Final

import click

from alerts.errors import SettingsError
from stream.cli.kafka_options import settings_of_environment
from stream.cli.terminal.finite import FiniteRange
from stream.demo.play import play
from stream.demo.settings import DemoSettings
from stream.traffic.profiles import DAY_SPEED

NEXT: Final = """Next, on a Kafka of your own:
  tocsin topics --broker HOST:9092
  tocsin worker --broker HOST:9092 --rules RULES.yaml"""


@click.command()
@click.option("--seconds", type=FiniteRange(1), help="End after so many seconds of traffic.")
@click.option("--json", "as_json", is_flag=True, help="Only the values of cx.alerts on stdout, as NDJSON.")
@click.option(
    "--rules",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Rules of your own; their notices go to the demo's webhook log alone.",
)
@click.option(
    "--speed",
    type=FiniteRange(1, 1e5),
    default=DAY_SPEED,
    show_default=True,
    help="How many times faster than life the day goes by.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another day.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep rules and logs in this directory.",
)
@click.option("--open", "opens", is_flag=True, help="Open the board in the browser.")
def command(
    seconds: float | None,
    as_json: bool,  # noqa: FBT001
    rules: Path | None,
    speed: float,
    seed: int,
    keep: Path | None,
    opens: bool,  # noqa: FBT001
) -> None:
    """Play a day in 75 seconds: six channels, and phone falls at noon.

    Starts a worker and a webhook receiver, on 127.0.0.1 and gone afterwards; Ctrl-C ends it at any time.
    Plays on the broker of $TOCSIN_BROKER, else on one of its own: the embedded one, or Apache Kafka where
    there is Java 17; else in one process without a broker.
    """
    click.echo("starting a broker, a worker and a webhook receiver on 127.0.0.1 …", err=True)
    with ExitStack() as stack:
        settings = DemoSettings(
            directory=Path(stack.enter_context(_directory(keep))),
            seconds=seconds,
            as_json=as_json,
            rules=rules,
            speed=speed,
            seed=seed,
            opens=opens,
            kafka=settings_of_environment() if os.environ.get("TOCSIN_BROKER") else None,
        )
        with suppress(KeyboardInterrupt):  # the usual way to end it
            play(settings, partial(click.echo, err=True))
    if not as_json:
        click.echo(NEXT, err=True)


def _directory(keep: Path | None) -> AbstractContextManager[str]:
    """The one that is to be kept; else one that is gone at the end.

    Windows keeps what a program that was just stopped still holds, and so be it.

    Raises:
        SettingsError: nothing can be written there.
    """
    try:
        if keep is None:
            return tempfile.TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True)
        keep.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=keep).close()
    except OSError as error:
        option = "TMPDIR" if keep is None else f"--keep {keep}"
        raise SettingsError(
            f"{option}: want a directory that can be written, got: {error.strerror}"
        ) from None
    return nullcontext(str(keep))
