"""`tocsin topics`: create the topics that are missing, check those that are there."""

import sys
from dataclasses import asdict

import click
import orjson

from stream.cli.kafka_options import group_option, kafka_options, run
from stream.kafka.replicas import warning_of_few_replicas, warning_of_unclean_elections
from stream.kafka.second_group import warning_of_second_group
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import TopicState, ensure


@click.command("topics")
@kafka_options
@click.option(
    "--partitions",
    envvar="TOCSIN_PARTITIONS",
    type=click.IntRange(1, 1000),
    help="Of each topic.  Default: as many as cx.interactions has, else 4.",
)
@click.option(
    "--replication",
    envvar="TOCSIN_REPLICATION",
    type=click.IntRange(1, 100),
    help="Replicas of new topics.  Default: as many as there are brokers, up to 3.",
)
@group_option("Consumer group of the workers; names the snapshot topics.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(
    kafka: ClientSettings, partitions: int | None, replication: int | None, group: str, *, as_json: bool
) -> None:
    """Create Kafka topics, or check the ones that exist.

    Nothing that exists is changed.  Exit code 1 if a topic is not as it should be, each with its fix.
    """
    states = run(ensure(kafka, partitions, replication, group))
    if as_json:
        click.echo(orjson.dumps([asdict(state) for state in states], option=orjson.OPT_INDENT_2))
    else:
        for state in states:
            _show(state)
    few = run(warning_of_few_replicas(kafka, states, replication))
    unclean = run(warning_of_unclean_elections(kafka, states))
    for told in filter(None, (warning_of_second_group(states, group, kafka.topics), few, unclean)):
        click.echo(f"warning: {told}", err=True)
    sys.exit(1 if any(state.mismatches for state in states) else 0)


def _show(state: TopicState) -> None:
    word = "wrong" if state.mismatches else "created" if state.created else "ok"
    click.echo(f"{word:<8} {state.name:<28} {state.partitions} partition{'s' * (state.partitions != 1)}")
    for wrong in state.mismatches:
        click.echo(f"         {wrong.what}: want {wrong.wanted}, got {wrong.found}")
        click.echo(f"         fix: {wrong.fix}")
