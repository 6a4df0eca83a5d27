"""`tocsin doctor`: is everything there that a worker needs?"""

import sys
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from stream.cli.kafka_options import group_option, kafka_options, run
from stream.kafka.settings import ClientSettings
from stream.ops.doctor import CheckState, examine


@click.command("doctor")
@kafka_options
@click.option(
    "--rules",
    envvar="TOCSIN_RULES",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Rules file (YAML).  Default: the starter rules.",
)
@group_option("Consumer group of the workers.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(kafka: ClientSettings, rules: Path | None, group: str, *, as_json: bool) -> None:
    """Check versions, rules, receivers, broker, topics, clock and keys.  Changes nothing.

    Exit code 0 if nothing fails; warnings do not count.
    """
    checks = run(examine(kafka, rules, group))
    if as_json:
        click.echo(orjson.dumps([asdict(check) for check in checks], option=orjson.OPT_INDENT_2))
    else:
        for check in checks:
            click.echo(f"{check.state:<5} {check.name}: {check.found}")
            if check.fix:
                click.echo(f"      fix: {check.fix}")
    sys.exit(1 if any(check.state is CheckState.FAIL for check in checks) else 0)
