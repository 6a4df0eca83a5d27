"""`tocsin import` to a real Kafka, and `tocsin backtest` from it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from stream.cli import tocsin
from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from tests.kafka.broker import Broker, running_broker
from tests.kafka.topic_settings import change

START_S = 1_767_225_600
RULES = "rules:\n  - {name: low, indicator: csat, by: [channel], window: 10m, warning: 50, min_answers: 20}\n"
MAPPING = """
format: ndjson
fields: {id: n, at: {time: t, format: unix}, channel: {column: c}, customer: who}
events:
  - {when: [{column: s, present: true}], fields: {indicator: {constant: csat}, score: s}}
  - {when: [{column: s, present: false}]}
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker with our topics, three partitions each, and nothing in them."""
    with running_broker() as broker:
        asyncio.run(ensure(ClientSettings(brokers=(broker.bootstrap,)), 3))
        yield broker


def run(*arguments: str | Path) -> Result:
    """`tocsin ARGUMENTS`, which must go well."""
    done = CliRunner().invoke(tocsin, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


async def _keys(settings: ClientSettings) -> list[bytes | None]:
    return [record.key async for record in read_all(settings, "cx.interactions")]


def log() -> Iterator[bytes]:
    """Ten minutes of contacts, and answers that turn bad soon; newest first, every third anonymous."""
    for second in reversed(range(600)):
        who = None if second % 3 == 0 else f"c{second % 50}"
        yield orjson.dumps({"n": f"i{second}", "t": START_S + second, "c": "phone", "who": who})
        score = 5 if second < 100 else 1
        yield orjson.dumps({"n": f"f{second}", "t": START_S + second, "c": "phone", "who": who, "s": score})


def test_topics_say_the_same_as_files(own: Broker, tmp_path: Path) -> None:
    """Import keys by customer, or by id; a backtest of the partitions ends where one of the file does."""
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(log()))
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "rules.yaml").write_text(RULES)
    run("import", tmp_path / "map.yaml", tmp_path / "log.ndjson", "-o", tmp_path / "events.ndjson")
    said = run("import", tmp_path / "map.yaml", tmp_path / "log.ndjson", "--broker", own.bootstrap)
    assert "1,200 rows: 1,200 events" in said.stderr
    settings = ClientSettings(brokers=(own.bootstrap,))
    keys = asyncio.run(_keys(settings))
    assert len(keys) == 600
    assert {b"i0", b"c1"} <= set(keys)
    rules = ("--rules", tmp_path / "rules.yaml", "--json")
    of_file = run("backtest", *rules, "--events", tmp_path / "events.ndjson")
    of_topics = run("backtest", *rules, "--broker", own.bootstrap)
    assert of_topics.stdout == of_file.stdout
    assert of_file.stdout.count('"state":"firing"') == 1
    assert "1,200 accepted" in of_topics.stderr


def test_an_import_that_a_topic_refuses_is_told(own: Broker, tmp_path: Path) -> None:
    """It ended well, with all events counted, and none of these had arrived."""
    asyncio.run(change(own.bootstrap, "cx.feedback", {"max.message.bytes": "100"}))
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(log()))
    (tmp_path / "map.yaml").write_text(MAPPING)
    arguments = "import", str(tmp_path / "map.yaml"), str(tmp_path / "log.ndjson"), "--broker", own.bootstrap
    command = [sys.executable, "-m", "stream", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode not in {0, 2}
    assert "MessageSizeTooLarge" in done.stderr
    assert "never retrieved" not in done.stderr
