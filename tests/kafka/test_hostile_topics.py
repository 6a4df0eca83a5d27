"""What anybody may write to topics that a worker reads: it lives, goes on, and says what it refused."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner, Result

from alerts.errors import OperatorError
from stream.cli import tocsin
from stream.kafka.clients import producing, read_all
from stream.kafka.settings import ClientSettings
from tests.chaos.wire import read_topic
from tests.harden.own_topics import tried
from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import create_topics, worker

KEY = "a-key-of-sixteen-characters-or-more"
RULES = """
timing: {pane: 1s, lateness: 1s, idle_after: 3s}
rules:
  - {name: csat-low, indicator: csat, by: [channel], window: 30s, warning: 80, min_answers: 5}
"""
START_S = 1_790_000_000
POSITION, THROUGH, CLOCK_MS = 2, 3, 4
"""Elements of a section on cx.tallies."""
SILENCE = ("alerts", "silence", "--match", "channel=phone", "--for", "2h", "--by", "ann")


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker with the topics of a group."""
    with running_broker() as broker:
        create_topics(broker.bootstrap, "hostile", 1)
        yield broker


def answers(first_s: int, score: int) -> list[bytes | None]:
    """Two answers a second, for twenty seconds of event time."""
    same = {"channel": "chat", "indicator": "csat", "score": score}
    return [
        orjson.dumps({"id": f"{first_s}-{n}", "at": START_S + first_s + n / 2, "customer": f"c{n}", **same})
        for n in range(40)
    ]


def changed(section: bytes) -> list[bytes]:
    """A section of ours with other numbers, each of which would be a good one somewhere."""
    whole = msgspec.msgpack.decode(section)
    tomorrow_ms = (whole[CLOCK_MS] or 0) + 86_400_000
    values = {POSITION: 2**40, THROUGH: (whole[THROUGH] or 0) + 1_000, CLOCK_MS: tomorrow_ms}
    forged = [[*whole[:place], value, *whole[place + 1 :]] for place, value in values.items()]
    seals_cut_off = [each[:-1] for each in forged]
    return [msgspec.msgpack.encode(each) for each in (*forged, *seals_cut_off)]


def run_tocsin(broker: Broker, *arguments: str, key: str = "") -> Result:
    """A command, as an operator with or without the key."""
    environment = {"TOCSIN_BROKER": broker.bootstrap, "TOCSIN_COMMANDS_KEY": key}
    done = CliRunner().invoke(tocsin, arguments, env=environment)
    assert isinstance(done.exception, (SystemExit, OperatorError, type(None))), done.exception
    return done


def write(broker: Broker, topic: str, values: Sequence[bytes | None]) -> None:
    """Records of somebody else."""

    async def send() -> None:
        async with producing(ClientSettings(brokers=(broker.bootstrap,))) as producer:
            for value in values:
                await producer.send_and_wait(topic, value, key=b"k", partition=0)

    asyncio.run(send())


def read(broker: Broker, topic: str) -> list[Any]:
    """The values of a topic."""

    async def all_of_it() -> list[Any]:
        found = [record async for record in read_all(ClientSettings(brokers=(broker.bootstrap,)), topic)]
        return [orjson.loads(record.value) for record in found]

    return asyncio.run(all_of_it())


def sections(broker: Broker) -> list[bytes]:
    """What intakes have told the judges."""
    return [
        record.value for record in asyncio.run(read_topic(broker.bootstrap, "cx.tallies")) if record.value
    ]


def test_commands_are_signed_and_answered(
    own: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Poison, what nobody signed and a silence of everything are refused; what is signed is heard once."""
    monkeypatch.setenv("TOCSIN_COMMANDS_KEY", KEY)
    log = tmp_path / "log"
    with worker(own.bootstrap, "hostile", log) as running:
        running.ready()
        write(own, "cx.commands", [b'{"command":"silence","by":"Ren\xe9"}', b"[" * 3000, None])
        unsigned = run_tocsin(own, *SILENCE)
        assert "it is not signed" in str(unsigned.exception)
        assert run_tocsin(own, *SILENCE, key=KEY).exit_code == 0
        assert len(run_tocsin(own, "alerts", "silences", "--json").output.splitlines()) == 1
        assert running.terminate() == 0
    with worker(own.bootstrap, "hostile", log) as again:
        again.ready()
        assert again.terminate() == 0
    outcomes = [answer["outcome"] for answer in read(own, "cx.command-answers")]
    assert outcomes == ["malformed"] * 3 + ["not_signed", "accepted"]
    assert "Traceback" not in log.read_text()
    assert "Ren" not in log.read_text()


def test_poison_on_our_own_topics(own: Broker, tmp_path: Path) -> None:
    """Alerts, tallies, deliveries and snapshots of somebody else: passed over now and at the next start."""
    log = tmp_path / "log"
    poison = [
        b"\xff\xfe",
        None,
        b'{"id":"\xe9"}',
        b"[" * 3000,
        b"\x98\xa6closed\xa1\xff\x00\x00\xc0\x00\x90\x90",
    ]
    topics = (
        "cx.alerts", "cx.tallies", "cx.deliveries", "hostile-judge-snapshots", "hostile-intake-snapshots"
    )  # fmt: skip
    with worker(own.bootstrap, "hostile", log) as running:
        running.ready()
        for topic in topics:
            write(own, topic, poison)
        running.until(
            lambda: running.metric("tocsin_unreadable_records_total") >= len(poison), "passing over"
        )
        assert running.get("readyz")[0] == 200
        assert running.terminate() == 0
    with worker(own.bootstrap, "hostile", log) as again:
        assert again.ready().terminate() == 0
    assert "Traceback" not in log.read_text()
    for command in (("alerts", "list"), ("alerts", "silences"), ("dead-letters", "list")):
        assert run_tocsin(own, *command).exit_code == 0


def test_changed_numbers_in_our_own_topics_stop_no_alert(tmp_path: Path) -> None:
    """A position beyond all that follows, or the time of tomorrow, would make that old news or late."""
    rules, log = tmp_path / "rules.yaml", tmp_path / "log"
    rules.write_text(RULES, "utf-8")
    with running_broker() as broker:
        create_topics(broker.bootstrap, "changed", 1)
        with worker(broker.bootstrap, "changed", log, "--rules", str(rules)) as running:
            running.ready()
            write(broker, "cx.feedback", answers(0, 5))
            running.until(lambda: bool(sections(broker)), "the first section")
            forged = [value for section in sections(broker) for value in changed(section)]
            write(broker, "cx.tallies", forged)
            running.until(
                lambda: running.metric("tocsin_unreadable_records_total") >= len(forged), "passing over"
            )
            write(broker, "cx.feedback", answers(60, 1))
            running.until(
                lambda: "firing" in [each["state"] for each in read(broker, "cx.alerts")], "the alert"
            )
            assert running.terminate() == 0
    assert "Traceback" not in log.read_text()


def test_every_codec_is_read(tmp_path: Path) -> None:
    """What most producers compress with: all of it is counted, and nothing is a dead letter."""
    log, codecs = tmp_path / "log", ("gzip", "snappy", "lz4", "zstd")

    async def send(codec: str) -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, compression_type=codec) as producer:
            for number in range(50):
                event = {"id": f"{codec}{number}", "at": time.time(), "channel": "phone"}
                await producer.send("cx.interactions", orjson.dumps(event), partition=0)

    with running_broker() as broker:
        create_topics(broker.bootstrap, "codecs", 1)
        with worker(broker.bootstrap, "codecs", log) as running:
            running.ready()
            for codec in codecs:
                asyncio.run(send(codec))
            accepted = 'tocsin_events_total{outcome="accepted",topic="cx.interactions"} 200.0'
            running.until(lambda: accepted in running.get("metrics")[1], "all of the events")
            assert running.get("readyz")[0] == 200
            assert running.terminate() == 0
        assert asyncio.run(read_topic(broker.bootstrap, "cx.dead-letters")) == []
    assert "Traceback" not in log.read_text()


def test_damaged_copies_of_our_own_records_change_nothing(tmp_path: Path) -> None:
    """On every topic that a worker reads, also where it is killed and comes up from what it finds there."""
    with running_broker() as broker:
        report = asyncio.run(tried(broker.bootstrap, tmp_path, seed=2))
    assert report["wrong"] == []
    assert report["unreadable"] > 100
