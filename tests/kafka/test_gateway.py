"""The gateway live: real HTTP, a real Kafka, a real worker; every vendor's message to scores and an alert."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from stream.kafka.clients import producing, read_all
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import CUSTOMERS
from tests.chaos.gateway import run
from tests.kafka.broker import Broker, java_broker, running_broker
from tests.kafka.gateway_process import gateway
from tests.kafka.worker_process import create_topics, worker
from tests.webhooks import SECRET, WEBHOOKS, WHSEC, Webhook, zendesk

RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 1m, critical: 50, min_answers: 5, confidence: 0}
timing: {pane: 1s, lateness: 1s, idle_after: 3s}
"""
TOPICS = ("cx.interactions", "cx.feedback", "cx.dead-letters")
RATINGS = 12


def sources_file(folder: Path) -> Path:
    """A source for every example, signed where its vendor signs."""
    entries: list[dict[str, Any]] = []
    for number, webhook in enumerate(WEBHOOKS):
        entry = {"name": f"s{number}", "kind": webhook.kind, "path": path_of(number), **webhook.settings}
        if any(name.lower().endswith("signature") for name in webhook.signed()):
            entry["secret_env"] = "WHSEC" if webhook.secret == WHSEC else "SECRET"
        entries.append(entry)
    file = folder / "sources.yaml"
    file.write_text(yaml.safe_dump({"sources": entries}))
    return file


def path_of(number: int) -> str:
    """Where an example's requests come in."""
    return f"/in/{number:032x}"


def written(broker: Broker, topic: str) -> list[Any]:
    """All records of a topic now."""

    async def read() -> list[Any]:
        return [record async for record in read_all(ClientSettings(brokers=(broker.bootstrap,)), topic)]

    return asyncio.run(read())


def line(key: str, event: dict[str, Any]) -> str:
    """A record, spelled so that equal ones look alike."""
    return key + orjson.dumps(event, option=orjson.OPT_SORT_KEYS).decode()


def until(holds: Any, what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


@pytest.mark.timeout(240)
def test_every_vendor_from_request_to_alert(tmp_path: Path) -> None:
    """Signed requests become the right events, scores and an alert; a changed byte writes nothing."""
    with running_broker() as broker:
        from_request_to_alert(broker, tmp_path)


def from_request_to_alert(broker: Broker, tmp_path: Path) -> None:
    """The scene, on a broker of its own."""
    create_topics(broker.bootstrap, "gateway", 2)
    (tmp_path / "rules.yaml").write_text(RULES)
    secrets = {"SECRET": SECRET, "WHSEC": WHSEC}
    with gateway(broker.bootstrap, sources_file(tmp_path), tmp_path / "gateway.log", secrets) as running:
        for number, webhook in enumerate(WEBHOOKS):
            answer = running.ask("POST", path_of(number), webhook.raw, webhook.signed())
            assert answer[0] == 200, (webhook.kind, answer)
        found = [
            line(record.key.decode(), orjson.loads(record.value))
            for topic in TOPICS
            for record in written(broker, topic)
        ]
        wanted = [
            line(event.get("customer") or event["id"], event)
            for webhook in WEBHOOKS
            for event in webhook.events
        ]
        assert sorted(found) == sorted(wanted)
        said = (tmp_path / "gateway.log").read_text()
        assert "connected to Kafka" in said
        assert "again" not in said, "nothing has failed before"

        counts = {topic: len(written(broker, topic)) for topic in TOPICS}
        for number, webhook in enumerate(WEBHOOKS):
            headers = webhook.signed()
            if not any(name.lower().endswith("signature") for name in headers):
                continue
            changed = webhook.raw[:-1] + b" }"
            assert running.ask("POST", path_of(number), changed, headers)[0] == 401, webhook.kind
        assert {topic: len(written(broker, topic)) for topic in TOPICS} == counts

        with worker(
            broker.bootstrap, "gateway", tmp_path / "worker.log", "--rules", str(tmp_path / "rules.yaml")
        ) as scoring:
            scoring.ready()
            for number in range(RATINGS):
                now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                detail = {"id": str(number), "requester_id": f"r-{number}", "via": {"channel": "email"}}
                bad = {"satisfaction_score": {"score": "BAD"}}
                rating = Webhook(
                    kind="zendesk", body=zendesk("csat_received", bad, time=now, detail=detail), events=[]
                )
                assert running.ask("POST", path_of(0), rating.raw, rating.signed())[0] == 200

            def alerted() -> bool:
                alerts = [orjson.loads(record.value) for record in written(broker, "cx.alerts")]
                return any(
                    alert["rule"] == "low"
                    and alert["state"] == "firing"
                    and alert["scope"] == {"channel": "email"}
                    and alert["n"] <= RATINGS
                    for alert in alerts
                )

            until(alerted, f"no alert: {(tmp_path / 'worker.log').read_text()}")

            def scored() -> bool:
                scores = [
                    orjson.loads(record.value) for record in written(broker, "cx.scores") if record.value
                ]
                emails = [score for score in scores if score["scope"] == {"channel": "email"}]
                return any(score["value"] == 0 and score["n"] == RATINGS for score in emails)

            until(scored, "no score of all ratings")
    log = (tmp_path / "gateway.log").read_text()
    assert path_of(0) not in log
    assert SECRET not in log


@pytest.mark.timeout(280)
def test_what_was_acknowledged_survives(tmp_path: Path) -> None:
    """Kill -9 of gateway and broker amid requests: all that was answered 2xx is there, and counts once."""
    outcome = run(4_000, tmp_path)
    assert outcome.exact, outcome
    assert outcome.again > 0


def test_what_the_crm_knows_is_on_the_topic(fresh_broker: Broker, tmp_path: Path) -> None:
    """From cx.customers, read to its end before anything is promised, and followed from then on."""
    broker = fresh_broker
    create_topics(broker.bootstrap, "crm", 2)
    (tmp_path / "sources.yaml").write_text("sources: [{name: ours, kind: events, path: /in/crm}]")

    def tell(customer: str, segment: str) -> None:
        async def send() -> None:
            async with producing(ClientSettings(brokers=(broker.bootstrap,))) as producer:
                await producer.send_and_wait(CUSTOMERS, orjson.dumps({"segment": segment}), customer.encode())

        asyncio.run(send())

    def segment_of(number: int, customer: str) -> str | None:
        event = {"id": f"crm-{number}", "at": time.time(), "channel": "crm", "customer": customer}
        assert running.ask("POST", "/in/crm", orjson.dumps(event))[0] == 200
        found = [orjson.loads(record.value) for record in written(broker, "cx.interactions")]
        segment: str | None = next(each for each in found if each["id"] == event["id"]).get("segment")
        return segment

    tell("crm-a", "business")
    place: tuple[str, Path, Path, dict[str, str]] = (
        broker.bootstrap,
        tmp_path / "sources.yaml",
        tmp_path / "gateway.log",
        {},
    )
    with gateway(*place, "--customers-topic") as running:
        assert segment_of(1, "crm-a") == "business"
        assert segment_of(2, "crm-b") is None
        tell("crm-b", "private")
        until(lambda: segment_of(time.monotonic_ns(), "crm-b") == "private", "the topic is not followed")


@pytest.mark.timeout(240)
def test_a_broker_that_hangs_promises_nothing(tmp_path: Path) -> None:
    """503 with Retry-After within the time to acknowledge, unready; good again when it is."""
    event = {"id": "1", "at": time.time(), "channel": "web"}
    (tmp_path / "sources.yaml").write_text("sources: [{name: ours, kind: events, path: /in/hang}]")
    hanging = java_broker()
    try:
        hanging.start()
        create_topics(hanging.bootstrap, "hang", 2)
        place: tuple[str, Path, Path, dict[str, str]] = (
            hanging.bootstrap,
            tmp_path / "sources.yaml",
            tmp_path / "gateway.log",
            {},
        )
        with gateway(*place, "--ack-timeout", "1") as running:
            assert running.ask("POST", "/in/hang", orjson.dumps(event))[0] == 200
            hanging.freeze()
            began = time.monotonic()
            assert running.ask("POST", "/in/hang", orjson.dumps({**event, "id": "2"}))[0] == 503
            assert time.monotonic() - began < 10
            assert running.ask("GET", "/readyz")[0] == 503
            hanging.thaw()
            until(lambda: running.ask("GET", "/readyz")[0] == 200, "nobody sends to what is not ready")
            until(
                lambda: running.ask("POST", "/in/hang", orjson.dumps({**event, "id": "3"}))[0] == 200, "thaw"
            )
            assert running.ask("GET", "/readyz")[0] == 200
        found = {orjson.loads(record.value)["id"] for record in written(hanging, "cx.interactions")}
        assert {"1", "3"} <= found
    finally:
        hanging.close()
