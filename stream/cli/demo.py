"""`tocsin demo`: Tocsin at work on a machine with nothing but Python."""

import tempfile
from pathlib import Path
from typing import Final

import click

from stream.demo.play import DemoSettings, play
from stream.traffic.profiles import DAY_SPEED

NEXT: Final = """Next, on a Kafka of your own:
  tocsin topics --broker HOST:9092
  tocsin worker --broker HOST:9092 --rules RULES.yaml"""


@click.command()
@click.option("--seconds", type=click.FloatRange(1), help="End after so many seconds of traffic.")
@click.option("--json", "as_json", is_flag=True, help="Only the values of cx.alerts on stdout, as NDJSON.")
@click.option(
    "--rules",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Rules of your own; their notices go to the demo's webhook log alone.",
)
@click.option(
    "--speed",
    type=click.FloatRange(1, 1e5),
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

    Starts a broker of its own, a worker and a webhook receiver, all on 127.0.0.1 and gone afterwards;
    Ctrl-C ends it at any time.
    """
    click.echo("starting a broker, a worker and a webhook receiver on 127.0.0.1 …", err=True)
    try:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            play(DemoSettings(keep, seconds, as_json, rules, speed, seed, opens))
        else:
            with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as directory:
                play(DemoSettings(Path(directory), seconds, as_json, rules, speed, seed, opens))
    except KeyboardInterrupt:
        pass  # the usual way to end it
    if not as_json:
        click.echo(NEXT, err=True)
