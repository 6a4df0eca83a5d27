"""TLS, mutual TLS and every way to log in, on a real Kafka where nobody may do more than is documented."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from stream.cli import tocsin
from stream.kafka.clients import producing, read_all
from stream.kafka.dead_letters import letter
from stream.kafka.offsets import TP
from stream.kafka.settings import ClientSettings
from stream.messages.outcomes import Reason, Reject
from tests.hostile import HostileRecord
from tests.kafka.doors import Doors, Right, running_doors
from tests.kafka.gateway_process import gateway
from tests.kafka.worker_process import create_topics, worker

GROUP = "doors"
DOORS = ("SSL", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
INPUTS = ("cx.interactions", "cx.feedback")
READ = (*INPUTS, "cx.tallies", "cx.alerts", "cx.deliveries", "cx.commands", "cx.command-answers")
WRITTEN = ("cx.tallies", "cx.scores", "cx.alerts", "cx.deliveries", "cx.dead-letters", "cx.command-answers")
SAID = ("cx.commands", "cx.feedback")
"""What is written for others: commands over HTTP, and canaries."""
RIGHTS = (
    *(Right("topic", name, ("Read",)) for name in READ),
    *(Right("topic", name, ("Write",)) for name in (*WRITTEN, *SAID)),
    Right("topic", f"{GROUP}-*", ("Read", "Write", "Delete")),
    *(Right("topic", name, ("Describe", "DescribeConfigs")) for name in ("cx.*", f"{GROUP}-*")),
    Right("group", GROUP, ("Read", "Describe")),
)
"""A worker's, as docs/operating.md has them; they do for `topics`, `doctor` and `alerts list`, too."""
RULES = """
timing: {pane: 1s, lateness: 1s, idle_after: 3s}
rules:
  - {name: low, indicator: csat, by: [channel], window: 10s, critical: 50, min_answers: 5}
commands: trusted
receivers: [{name: nobody, webhook: {url: "http://127.0.0.1:9/"}, allow_private: true}]
heartbeat: {receiver: nobody, every: 10s, canary: true}
"""


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A broker with topics in which there is something to read, and the rights of a worker granted."""
    with running_doors(tmp_path_factory.mktemp("doors")) as found:
        create_topics(found.plain, GROUP, 1)
        asyncio.run(_used(found))
        asyncio.run(found.grant(RIGHTS))
        yield found


async def _used(doors: Doors) -> None:
    """A record in our topics: what is empty is not fetched, and so nobody is refused it."""
    async with producing(ClientSettings(brokers=(doors.plain,))) as producer:
        for topic in {*READ, *WRITTEN, "cx.customers"}.difference({*INPUTS, "cx.alerts"}):
            await producer.send_and_wait(topic, b"{}", key=b"-1")


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
def test_a_worker_lives_with_its_rights(
    doors: Doors, door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads, judges, pages, snapshots and leaves in order, and the broker refuses it nothing.

    Nor when somebody silences over HTTP, and a canary flies.
    """
    monkeypatch.setenv("TOCSIN_TOKEN", "t0ken")
    rules, channel = tmp_path / "rules.yaml", door.lower()
    rules.write_text(RULES)
    log = tmp_path / "worker.log"
    with worker(doors.plain, GROUP, log, "--rules", str(rules), *doors.options(door)) as running:
        running.ready()
        asyncio.run(_unhappy(doors, channel))
        running.until(lambda: running.metric("tocsin_alert_transitions_total") > 0, "an alert")
        assert _silenced(running.url) == "accepted"
        running.until(lambda: b'"tocsin-canary' in asyncio.run(_values(doors, "cx.feedback")), "a canary")
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
    told = _run("doctor", *doors.options("PLAIN"), "--sasl-password-file", str(wrong))
    assert "does not let us in\n      fix: check --security-protocol" in told.output


def test_what_is_not_granted_is_told(doors: Doors) -> None:
    """A worker may not create topics: `topics` for another group ends with 1 and a sentence."""
    told = _run("topics", *doors.options("SCRAM-SHA-256"), "--group", "another")
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert "uthoriz" in told.output


@pytest.mark.parametrize(
    "words", [("alerts", "list"), ("dead-letters", "list"), ("send", "--scenario", "day"), ("backtest",)]
)
def test_who_may_see_no_topic_is_not_told_that_there_is_none(doors: Doors, words: tuple[str, ...]) -> None:
    """The broker says the same of both."""
    told = _run(*words, *doors.options("PLAIN", "stranger"))
    assert told.exit_code == 1
    assert "or we have no right to see it (docs/operating.md" in told.output


def test_topics_that_may_not_be_seen_are_not_told_to_be_missing(doors: Doors, tmp_path: Path) -> None:
    """The fix was a command that creates what is there."""
    told = _run("doctor", *doors.options("PLAIN", "stranger"), "--group", GROUP).output
    assert "topics: we have no right to see them, whether they are there or not: cx.interactions, " in told
    assert "missing" not in told
    assert "fix: grant what docs/operating.md says" in told
    asyncio.run(doors.grant([Right("topic", "cx.*", ("Describe",))], ["User:watcher"]))
    told = _run("doctor", *doors.options("PLAIN", "watcher"), "--group", GROUP).output
    assert f"they are there or not: {GROUP}-intake-snapshots, {GROUP}-judge-snapshots\n" in told
    log = tmp_path / "worker.log"
    with worker(doors.plain, GROUP, log, *doors.options("PLAIN", "watcher")) as running:
        assert running.process.wait(60) == 2
    assert f"{GROUP}-judge-snapshots: topic: want the right to see it (Describe, Desc" in log.read_text()


OWN_RIGHTS = {
    "gateway": (
        *(Right("topic", name, ("Write",)) for name in (*INPUTS, "cx.dead-letters")),
        Right("topic", "cx.customers", ("Read",)),
        *(Right("topic", name, ("Describe",)) for name in (*INPUTS, "cx.dead-letters", "cx.customers")),
    ),
    "redriver": (
        *(Right("topic", name, ("Read",)) for name in ("cx.dead-letters", "cx.redrives")),
        *(Right("topic", name, ("Write",)) for name in (*INPUTS, "cx.redrives")),
    ),
    "producer": tuple(Right("topic", name, ("Write",)) for name in INPUTS),
    "desk": (
        *(
            Right("topic", name, ("Read",))
            for name in ("cx.alerts", "cx.commands", "cx.deliveries", "cx.command-answers")
        ),
        Right("topic", "cx.commands", ("Write",)),
    ),
}
"""What docs/operating.md says that each of these needs."""


@pytest.fixture(scope="module")
def staff(doors: Doors) -> Doors:
    """The same broker, where each part of the table has its own principal and rights."""
    for name, rights in OWN_RIGHTS.items():
        asyncio.run(doors.grant(rights, [f"User:{name}"]))
    return doors


def test_a_gateway_lives_with_its_rights(staff: Doors, tmp_path: Path) -> None:
    """It writes events, knows customers, and puts what it refuses among the dead letters."""
    (tmp_path / "sources.yaml").write_text("sources: [{name: ours, kind: events, path: /in/doors}]")
    log, options = tmp_path / "gateway.log", staff.options("PLAIN", "gateway")
    event = {"id": "by-gateway", "at": time.time(), "channel": "web"}
    with gateway(staff.plain, tmp_path / "sources.yaml", log, {}, "--customers-topic", *options) as running:
        assert running.ask("POST", "/in/doors", orjson.dumps(event))[0] == 200
        assert running.ask("POST", "/in/doors", b'{"id": "x", "at": "yesterday"}')[0] == 200
    assert "by-gateway" in {each["id"] for each in asyncio.run(_written(staff, "cx.interactions"))}
    assert "uthoriz" not in log.read_text()


def test_letters_are_sent_again_with_those_rights(staff: Doors) -> None:
    """By whoever may read letters and write inputs; what was sent before is known."""
    options = staff.options("PLAIN", "redriver")
    asyncio.run(_dead_letter(staff))
    for told in ("1 record sent again", "0 records sent again"):
        done = _run("dead-letters", "redrive", "--reason", "not_json", *options)
        assert (done.exit_code, told in done.output) == (0, True), done.output
    assert _run("dead-letters", "list", *options).exit_code == 0
    refused = _run("dead-letters", "redrive", "--all", *staff.options("PLAIN", "producer"))
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output


def test_producers_and_the_desk_have_enough(staff: Doors) -> None:
    """Traffic to the inputs with Write alone; alerts are seen and silenced with the rights of `alerts`."""
    few = ("--scenario", "day", "--events", "20", "--rate", "1000", "--speed", "1000")
    sent = _run("send", *few, *staff.options("PLAIN", "producer"))
    assert sent.exit_code == 0, sent.output
    doctor = _run("doctor", *staff.options("PLAIN", "producer")).output
    assert "TopicAuthorizationFailedError" in doctor  # who writes need not read
    assert "fix: grant what docs/operating.md says" in doctor
    desk = staff.options("PLAIN", "desk")
    for command in (("list",), ("silences",)):
        told = _run("alerts", *command, *desk)
        assert told.exit_code == 0, told.output
    told = _run("alerts", "silence", "--match", "channel=web", "--for", "1h", "--by", "ann", *desk)
    assert "uthoriz" not in told.output  # nobody is there to answer
    assert asyncio.run(_written(staff, "cx.commands"))[-1]["command"] == "silence"


async def _dead_letter(doors: Doors) -> None:
    """A letter, as a worker writes them."""
    reject = Reject(0, Reason.NOT_JSON, "value: want JSON")
    message = letter(TP("cx.interactions", 0), HostileRecord(0, b"{"), reject)
    async with producing(ClientSettings(brokers=(doors.plain,))) as producer:
        await producer.send_and_wait(
            message.topic, message.value, key=message.key, headers=list(message.headers)
        )


def _silenced(url: str) -> object:
    """What becomes of a silence that is said over HTTP."""
    body = orjson.dumps({"match": {"channel": "web"}, "for": "1h", "by": "ann"})
    headers = {"Authorization": "Bearer t0ken"}
    request = urllib.request.Request(f"{url}/api/silences", body, headers, method="POST")  # noqa: S310  # ours
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return orjson.loads(answer.read())["outcome"]


async def _values(doors: Doors, topic: str) -> bytes:
    settings = ClientSettings(brokers=(doors.plain,))
    return b"".join([record.value or b"" async for record in read_all(settings, topic)])


async def _written(doors: Doors, topic: str) -> list[Any]:
    return [
        orjson.loads(record.value or b"{}")
        async for record in read_all(ClientSettings(brokers=(doors.plain,)), topic)
    ]


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
