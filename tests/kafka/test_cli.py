"""`tocsin alerts`, `dead-letters` and `doctor` against a real Kafka."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.transitions import encode
from stream.cli import tocsin
from stream.gateway.letters import letter_of
from stream.gateway.sources import RefusedMessage
from stream.kafka.clients import admin_client, producing, read_all
from stream.kafka.dead_letters import letter
from stream.kafka.offsets import TP
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from stream.messages.outcomes import Reason, Reject
from stream.messages.records import Stream
from tests.kafka.broker import Broker, running_broker
from tests.transition_builders import numbered
from tests.webhooks import delighted


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker with our topics and nothing in them."""
    with running_broker() as broker:
        asyncio.run(ensure(ClientSettings(brokers=(broker.bootstrap,)), 2))
        yield broker


def _tocsin(own: Broker, *arguments: str) -> Result:
    done = CliRunner().invoke(tocsin, arguments, env={"TOCSIN_BROKER": own.bootstrap})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def _write(own: Broker, *records: tuple[str, bytes | None, bytes | None]) -> None:
    async def send() -> None:
        async with producing(ClientSettings(brokers=(own.bootstrap,))) as producer:
            for topic, key, value in records:
                await producer.send_and_wait(topic, value, key)

    asyncio.run(send())


def test_alerts_are_listed_acknowledged_and_silenced(own: Broker) -> None:
    """What is open, who takes care of it, and what is silenced: all by way of the topics."""
    assert _tocsin(own, "alerts", "list").output == "Nothing is open.\n"
    steps = [
        numbered("aaa1", 1, "firing"),
        numbered("bbb2", 1, "firing"),
        numbered("bbb2", 2, "resolved"),
    ]
    _write(own, *(("cx.alerts", step.id.encode(), encode(step)) for step in [*steps, *steps]))
    assert "[aaa1]\n" in _tocsin(own, "alerts", "list").output
    everything = _tocsin(own, "alerts", "list", "--all", "--json").output.splitlines()
    assert [json.loads(line)["state"] for line in everything] == ["resolved", "firing"]

    assert _tocsin(own, "alerts", "ack", "aaa", "--by", "ann").exit_code == 0
    assert "(acknowledged by ann)" in _tocsin(own, "alerts", "list").output
    said = _tocsin(own, "alerts", "silence", "--match", "channel=phone", "--for", "2h", "--comment", "works")
    identity = said.output.split()[1]
    listed = json.loads(_tocsin(own, "alerts", "silences", "--json").output)
    assert (listed["id"], listed["match"], listed["comment"]) == (identity, {"channel": "phone"}, "works")
    assert _tocsin(own, "alerts", "unsilence", identity).exit_code == 0
    assert _tocsin(own, "alerts", "silences").output == ""
    assert "was false" in _tocsin(own, "alerts", "verdict", "bbb", "false", "--by", "ann").output


def test_everything_that_is_said_of_an_alert_can_be_read_again(own: Broker) -> None:
    """`show`, `unack`, `verdict`, `report` and `silences --idle`, for people and as JSON."""
    alert = "ddd4"
    steps = [
        numbered(alert, 1, "firing"),
        numbered(alert, 2, "resolved"),
        numbered("eee5", 1, "firing"),
    ]
    _write(own, *(("cx.alerts", step.id.encode(), encode(step)) for step in [*steps, *steps]))
    said = _tocsin(own, "alerts", "ack", "eee5", "--by", "ann", "--comment", "on it")
    assert said.output == "eee5 is acknowledged by ann\n"
    assert _tocsin(own, "alerts", "ack", alert).output == "ddd4 is over: there is nothing to acknowledge\n"
    assert "(acknowledged by ann)" in _tocsin(own, "alerts", "list").output
    assert _tocsin(own, "alerts", "unack", "eee").output == "eee5 is acknowledged by nobody\n"
    assert "[eee5]  (acknowledged" not in _tocsin(own, "alerts", "list").output
    for verdict, of in (("true", alert), ("false", "eee5")):
        assert f"was {verdict}" in _tocsin(own, "alerts", "verdict", of, verdict, "--by", "ann").output

    shown = _tocsin(own, "alerts", "show", "eee5").output
    assert "acknowledge by ann  on it" in shown
    assert "verdict false by ann" in shown
    changes = _tocsin(own, "alerts", "show", alert, "--json").output.splitlines()
    assert [json.loads(line)["seq"] for line in changes] == [1, 2]

    row = json.loads(_tocsin(own, "alerts", "report", "--json").output)["low"]
    assert (row["true"], row["alerts"] >= 2, row["acked_after_s"] > 0) == (1, True, True)
    assert row["precision"] == 1 / (1 + row["false"])
    assert _tocsin(own, "alerts", "report").output.splitlines()[0].split()[:2] == ["rule", "alerts"]

    for channel in ("phone", "carrier pigeon"):
        _tocsin(own, "alerts", "silence", "--match", f"channel={channel}", "--for", "1h")
    assert "keeps " in _tocsin(own, "alerts", "silences").output
    (idle,) = _tocsin(own, "alerts", "silences", "--idle").output.splitlines()
    assert "channel=carrier pigeon  matches nothing" in idle


def test_following_prints_each_change_once_until_ctrl_c(own: Broker) -> None:
    """As they happen, repeats left out; SIGINT ends it in good order."""

    async def follow() -> tuple[list[str], int]:
        command = (sys.executable, "-m", "stream", "alerts", "follow", "--json", "--broker", own.bootstrap)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        first = asyncio.create_task(process.stdout.readline())
        async with producing(ClientSettings(brokers=(own.bootstrap,))) as producer:
            while not first.done():  # until it listens; the same transition again and again
                await producer.send_and_wait("cx.alerts", encode(numbered("ccc3", 1, "firing")))
                await asyncio.wait({first}, timeout=0.2)
            await producer.send_and_wait("cx.alerts", encode(numbered("ccc3", 2, "resolved")))
        lines = [await first, await process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        return [json.loads(line)["state"] for line in lines], await process.wait()

    assert asyncio.run(asyncio.wait_for(follow(), 90)) == (["firing", "resolved"], 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("alerts", "ack", "zzz"), "ALERT: want the beginning of one alert's id, got 'zzz'"),
        (("alerts", "silence", "--match", "colour=red", "--for", "2h"), "--match: want LABEL=VALUE"),
        (("alerts", "silence", "--match", "rule=low", "--for", "soon"), "--for: want a duration"),
        (("alerts", "silence", "--match", "rule=low", "--for", "31d"), "--for: want at most 30d"),
        (("alerts", "unsilence", "nothing"), "SILENCE: want the id of a silence in force"),
        (("dead-letters", "redrive"), "want to be told which letters"),
        (("dead-letters", "list", "--since", "long"), "--since: want a duration"),
    ],
)
def test_mistakes_are_told_with_what_was_wanted(own: Broker, arguments: tuple[str, ...], told: str) -> None:
    """The operator's errors name the option, what it wants and what it got."""
    done = CliRunner().invoke(tocsin, arguments, env={"TOCSIN_BROKER": own.bootstrap})
    assert told in str(done.exception)


def test_dead_letters_are_listed_and_sent_again(own: Broker) -> None:
    """Listed by reason; sent again byte for byte where they came from, with their descent in headers."""

    class Sent:
        topic, partition, offset, timestamp = "cx.feedback", 1, 7, 0
        key, value, headers = b"customer", b"\xffnot json", (("ce_id", b"1"),)

    out = letter(TP("cx.feedback", 1), Sent, Reject(7, Reason.NOT_JSON, "at byte 0"))

    async def bury() -> None:
        async with producing(ClientSettings(brokers=(own.bootstrap,))) as producer:
            await producer.send_and_wait(out.topic, out.value, out.key, headers=list(out.headers))

    asyncio.run(bury())
    listed = _tocsin(own, "dead-letters", "list", "--reason", "not_json").output
    assert "cx.feedback/1@7  not_json  at byte 0" in listed
    assert "not json" not in listed.replace("not_json", "")
    assert json.loads(_tocsin(own, "dead-letters", "list", "--json").output)["key"] == "customer"
    assert "1 record to send" in _tocsin(own, "dead-letters", "redrive", "--all", "--dry-run").output
    assert _tocsin(own, "dead-letters", "redrive", "--reason", "future").output == "0 records sent again\n"
    assert "1 record sent again" in _tocsin(own, "dead-letters", "redrive", "--topic", "cx.feedback").output

    async def input_now() -> list[tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]]:
        settings = ClientSettings(brokers=(own.bootstrap,))
        return [
            (each.key, each.value, tuple(each.headers)) async for each in read_all(settings, "cx.feedback")
        ]

    descent = (("tocsin-origin", b"cx.feedback/1@7"), ("tocsin-redriven", b"0@0"))
    assert asyncio.run(input_now()) == [(Sent.key, Sent.value, (*Sent.headers, *descent))]


def test_messages_to_the_gateway_become_events_once_their_source_is_mended(
    own: Broker, tmp_path: Path
) -> None:
    """Each once, keyed as the gateway keys; without the sources, or while these are wrong, they stay."""
    body = json.dumps(delighted("ces7", 7)).encode()
    out = letter_of("delight", RefusedMessage(body, Reason.UNMAPPABLE, "missing: indicator"))

    async def bury() -> None:
        async with producing(ClientSettings(brokers=(own.bootstrap,))) as producer:
            await producer.send_and_wait(out.topic, out.value, out.key, headers=list(out.headers))

    asyncio.run(bury())
    sources = tmp_path / "sources.yaml"
    redrive = ("dead-letters", "redrive", "--reason", "unmappable")
    assert "1 not sent: of the gateway (--sources makes events of them)" in _tocsin(own, *redrive).output
    entry = "sources: [{name: delight, kind: delighted, path: /in/0123456789abcdef, secret_env: NOT_THERE"
    sources.write_text(entry + "}]\n")
    mended = (*redrive, "--sources", str(sources))
    assert "1 not sent: no event" in _tocsin(own, *mended).output
    sources.write_text(entry + ", surveys: {ces7: {indicator: ces, scale: 1-7}}}]\n")
    assert "1 record sent again" in _tocsin(own, *mended).output
    assert "1 not sent: sent before" in _tocsin(own, *mended).output

    async def answers() -> list[object]:
        settings = ClientSettings(brokers=(own.bootstrap,))
        return [
            json.loads(each.value)["score"]
            async for each in read_all(settings, "cx.feedback")
            if each.key == b"42"
        ]

    assert asyncio.run(answers()) == [7]


def test_the_doctor_passes_on_what_is_well_and_fails_on_what_is_not(own: Broker) -> None:
    """Exit code 0 with all topics there, 1 with the command that makes them where they are not."""
    well = _tocsin(own, "doctor", "--json")
    assert well.exit_code == 0, well.output
    states = {check["name"]: check["state"] for check in json.loads(well.output)}
    assert states["broker"] == states["topics"] == states["rules"] == states["versions"] == "ok"
    ill = _tocsin(own, "doctor", "--group", "other")
    assert ill.exit_code == 1
    assert f"fix: tocsin topics --broker {own.bootstrap} --group other" in ill.output


def test_the_doctor_says_once_that_topics_are_missing(own: Broker) -> None:
    """Clocks and keys are not looked at then; nobody is told to start a Kafka that answers."""
    settings = ClientSettings(brokers=(own.bootstrap,))

    async def forget() -> None:
        async with admin_client(settings) as client:
            await client.delete_topics([stream.topic for stream in Stream])
            while set(await client.list_topics()) & {stream.topic for stream in Stream}:  # noqa: ASYNC110  # Kafka's
                await asyncio.sleep(0.1)

    asyncio.run(forget())
    ill = _tocsin(own, "doctor", "--json")
    assert ill.exit_code == 1
    checks = {check["name"]: check for check in json.loads(ill.output)}
    assert checks["topics"]["fix"].startswith(f"tocsin topics --broker {own.bootstrap}")
    assert (checks["records"]["state"], checks["records"]["fix"]) == ("warn", "put the topics right first")
