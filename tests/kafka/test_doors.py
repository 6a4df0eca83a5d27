"""TLS, mutual TLS and every way to log in, on a real Kafka where nobody may do more than is documented."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from stream.cli import tocsin
from stream.kafka.clients import producing, read_all
from stream.kafka.settings import ClientSettings
from tests.kafka.doors import Doors, Right, running_doors
from tests.kafka.worker_process import create_topics, worker

GROUP = "doors"
DOORS = ("SSL", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
READ = ("cx.interactions", "cx.feedback", "cx.tallies", "cx.alerts", "cx.deliveries", "cx.commands")
WRITTEN = ("cx.tallies", "cx.scores", "cx.alerts", "cx.deliveries", "cx.dead-letters", "cx.command-answers")
RIGHTS = (
    *(Right("topic", name, ("Read",)) for name in READ),
    *(Right("topic", name, ("Write",)) for name in WRITTEN),
    Right("topic", f"{GROUP}-*", ("Read", "Write", "Delete")),
    *(Right("topic", name, ("Describe", "DescribeConfigs")) for name in ("cx.*", f"{GROUP}-*")),
    Right("group", GROUP, ("Read", "Describe")),
)
"""A worker's, as docs/operating.md has them; they do for `topics`, `doctor` and `alerts list`, too."""
RULES = """
timing: {pane: 1s, lateness: 1s, idle_after: 3s}
rules:
  - {name: low, indicator: csat, by: [channel], window: 10s, critical: 50, min_answers: 5}
"""


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A broker with topics, and the rights of a worker granted."""
    with running_doors(tmp_path_factory.mktemp("doors")) as found:
        create_topics(found.plain, GROUP, 1)
        asyncio.run(found.grant(RIGHTS))
        yield found


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(tocsin, arguments)


@pytest.mark.parametrize("door", DOORS)
def test_commands_get_in(doors: Doors, door: str) -> None:
    """`topics` finds everything in order, and `doctor` has no complaint about broker and topics."""
    topics = _run("topics", *doors.options(door), "--group", GROUP, "--json")
    assert topics.exit_code == 0, topics.output
    assert {state["partitions"] for state in json.loads(topics.output)} == {1}
    doctor = _run("doctor", *doors.options(door), "--group", GROUP, "--json")
    found = {each["name"]: each["state"] for each in json.loads(doctor.output)}
    assert found["broker"] == "ok", doctor.output
    assert "error" not in found.values(), doctor.output
    alerts = _run("alerts", "list", *doors.options(door))
    assert alerts.exit_code == 0, alerts.output


@pytest.mark.parametrize("door", ["SSL", "SCRAM-SHA-512"])
def test_a_worker_lives_with_its_rights(doors: Doors, door: str, tmp_path: Path) -> None:
    """It reads, judges, pages, snapshots and leaves in order, and the broker refuses it nothing."""
    rules, channel = tmp_path / "rules.yaml", door.lower()
    rules.write_text(RULES)
    log = tmp_path / "worker.log"
    with worker(doors.plain, GROUP, log, "--rules", str(rules), *doors.options(door)) as running:
        running.ready()
        asyncio.run(_unhappy(doors, channel))
        running.until(lambda: running.metric("tocsin_alert_transitions_total") > 0, "an alert")
        assert running.terminate() == 0
    assert channel in asyncio.run(_fired(doors))
    text = log.read_text()
    assert "Traceback" not in text
    assert "uthoriz" not in text


def test_without_a_certificate_nobody_gets_in(doors: Doors) -> None:
    """One line says which options to look at."""
    options = doors.options("SSL")[:-2]
    told = _run("topics", *options)
    assert told.exit_code == 1
    assert "Traceback" not in told.output


def test_a_wrong_password_is_told(doors: Doors, tmp_path: Path) -> None:
    """By every mechanism."""
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    for door in DOORS[1:]:
        told = _run("topics", *doors.options(door), "--sasl-password-file", str(wrong))
        assert told.exit_code == 1
        assert "--security-protocol" in told.output


def test_what_is_not_granted_is_told(doors: Doors) -> None:
    """A worker may not create topics: `topics` for another group ends with 1 and a sentence."""
    told = _run("topics", *doors.options("SCRAM-SHA-256"), "--group", "another")
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert "uthoriz" in told.output


async def _unhappy(doors: Doors, channel: str) -> None:
    async with producing(ClientSettings(brokers=(doors.plain,))) as producer:
        for second in range(14):
            for number in range(5):
                event = {
                    "id": f"{channel}-{second}-{number}", "at": time.time(), "channel": channel,
                    "indicator": "csat", "score": 1,
                }  # fmt: skip
                await producer.send("cx.feedback", orjson.dumps(event), key=b"k")
            await producer.send(
                "cx.interactions",
                orjson.dumps({"id": f"{channel}-{second}", "at": time.time(), "channel": channel}),
                key=b"k",
            )
            await asyncio.sleep(0.5)


async def _fired(doors: Doors) -> set[str]:
    return {
        orjson.loads(record.value or b"")["scope"]["channel"]
        async for record in read_all(ClientSettings(brokers=(doors.plain,)), "cx.alerts")
    }
