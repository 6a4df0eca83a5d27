"""Receivers with every fault, at a worker as operators run it: down for an hour, and killed in the middle.

Time is accelerated 180 times: the hour of the deadline is 20 seconds, the longest wait half a second.
"""

import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kafka.alerts_topic import until, write_alerts
from tests.kafka.broker import Broker, running_broker
from tests.kafka.doorbells import Answering, Doorbells, Ring, free_port, listening
from tests.kafka.worker_process import WorkerProcess, create_topics, worker
from tests.post import transition

ALERTS = 20
HOUR_S = 20
OUTAGE_S = HOUR_S + 5
SOON_S = 15.0
"""A receiver that is well is told within this, whatever the others do."""
FAULTS = {
    "fault": Answering.FAULT,
    "hangs": Answering.HANGS,
    "busy": Answering.BUSY,
    "cut": Answering.CUT,
}
ILL = ("down", "tls", *FAULTS)
RECEIVER = (
    "  - {{name: {name}, webhook: {{url: '{url}/{name}'}}, allow_private: true, "
    "timeout: 3s, max_backoff: 500ms, deadline: 20s}}"
)


@pytest.fixture
def kafka() -> Iterator[Broker]:
    """A broker of this test's own, since the topics' names are fixed."""
    with running_broker() as running:
        create_topics(running.bootstrap, "faults", 2)
        yield running


def _authority(folder: Path, name: str) -> ssl.SSLContext:
    """A certificate for `name` from the tests' own authority, whose `ca.pem` the worker trusts."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    by_authority = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE")
    if not (folder / "ca.pem").exists():
        openssl(*new, "-subj", "/CN=tests", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(
        *(*new, *by_authority, "-subj", "/CN=receiver", "-addext", f"subjectAltName={name}"),
        *("-keyout", "own.key", "-out", "own.pem"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem", folder / "own.key")
    return context


def _by_alert(rings: list[Ring]) -> dict[str, list[int]]:
    """The numbers of the transitions that were taken, by alert, in the order in which they came."""
    found: dict[str, list[int]] = {}
    for ring in rings:
        assert ring.key == f"{ring.body['data']['id']}.{ring.body['data']['seq']}"
        found.setdefault(ring.body["data"]["id"], []).append(ring.body["data"]["seq"])
    return found


def test_whatever_a_receiver_does_everything_due_arrives_afterwards(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down for an hour and a bit, with a kill -9 in it: what fires is told then, in order, under its key.

    Of what grew louder meanwhile the last is told at least; what began and ended while nobody could be
    reached is no news; a receiver that has said 410 is left alone; the one that is well waits for nobody.
    """
    wrong = _authority(tmp_path, "DNS:other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    bells, down, tls = (
        Doorbells(free_port(), ways={**FAULTS, "gone": Answering.GONE}),
        Doorbells(free_port()),
        Doorbells(free_port(), "https"),
    )
    places = {**dict.fromkeys(("well", "gone", *FAULTS), bells), "down": down, "tls": tls}
    rules = tmp_path / "rules.yaml"
    receivers = "\n".join(RECEIVER.format(name=name, url=each.url) for name, each in places.items())
    rules.write_text(f"rules: [{{name: csat-low, indicator: csat}}]\nreceivers:\n{receivers}\n")
    first = [transition(f"a{n}", 1, severity="warning") for n in range(ALERTS)]
    louder = [transition(f"a{n}", 2) for n in range(5)]
    over = [transition(f"a{n}", 2, "resolved", "warning") for n in range(5, 10)]
    later = [transition(f"b{n}", 1) for n in range(5)]
    with ExitStack() as running:
        outage = running.enter_context(ExitStack())
        outage.enter_context(listening(tls, wrong))
        running.enter_context(listening(bells))
        options = (kafka.bootstrap, "faults", tmp_path / "worker.log", "--rules", str(rules))
        started = WorkerProcess(*options).ready()
        running.callback(started.kill)
        begun_s = time.monotonic()
        write_alerts(kafka.bootstrap, *first)
        until(lambda: len(bells.at("well")) == ALERTS, "the well one is told", SOON_S)
        write_alerts(kafka.bootstrap, *louder, *over)
        until(lambda: len(bells.at("well")) == ALERTS + 10, "the well one is told of changes", SOON_S)
        started.kill()
        started = WorkerProcess(*options).ready()
        running.callback(started.kill)
        write_alerts(kafka.bootstrap, *later)
        until(lambda: set(_by_alert(bells.at("well"))) >= {"b0", "b4"}, "the well one is told again", SOON_S)
        time.sleep(max(0.0, begun_s + OUTAGE_S - time.monotonic()))
        outage.close()  # the outage is over
        running.enter_context(listening(tls, _authority(tmp_path, "IP:127.0.0.1")))
        running.enter_context(listening(down))
        bells.ways = {"gone": Answering.GONE}
        for name in ILL:
            until(lambda name=name: _all_due(places[name].at(name)), f"{name} is told all", 20)  # type: ignore[misc]
        time.sleep(2)  # nothing more may come
    for name in ("well", *ILL):
        _in_order(name, places[name].at(name))
    assert _by_alert(bells.at("well"))["a5"] in ([1, 2], [1, 1, 2])
    assert all(
        each not in _by_alert(places[name].at(name)) for name in ("down", "tls") for each in ("a5", "a9")
    )
    assert bells.at("gone") == []
    # It was asked until its first answers came, once more after the restart, and never again.
    assert len(bells.asked["gone"]) <= 2 * 8


def test_five_hundred_alerts_in_a_minute_are_one_notice_for_each_group(kafka: Broker, tmp_path: Path) -> None:
    """They lie on the partitions of two workers."""
    rules = tmp_path / "rules.yaml"
    with listening(Doorbells(free_port())) as bells:
        receiver = f"{{name: desk, webhook: {{url: '{bells.url}/desk'}}, allow_private: true}}"
        route = "{receiver: desk, group_by: [channel], group_wait: 20s}"
        rules.write_text(
            f"rules: [{{name: csat-low, indicator: csat}}]\nreceivers: [{receiver}]\nroutes: [{route}]\n"
        )
        with (
            worker(kafka.bootstrap, "faults", tmp_path / "one.log", "--rules", str(rules)) as one,
            worker(kafka.bootstrap, "faults", tmp_path / "two.log", "--rules", str(rules)) as two,
        ):
            until(lambda: one.get("readyz")[0] == two.get("readyz")[0] == 200, "both are ready")
            phone = [transition(f"p{n}", 1) for n in range(250)]
            chat = [transition(f"c{n}", 1).replace(b"phone", b"chat") for n in range(250)]
            for first in range(0, 250, 50):
                write_alerts(kafka.bootstrap, *phone[first : first + 50], *chat[first : first + 50])
                time.sleep(1)
            until(lambda: len(bells.at("desk")) >= 2, "both groups are told")
            time.sleep(2)
    told = {ring.body["data"]["labels"]["channel"]: ring.body["data"]["count"] for ring in bells.at("desk")}
    assert told == {"phone": 250, "chat": 250}
    assert len(bells.at("desk")) == 2


def _all_due(rings: list[Ring]) -> bool:
    """Whether everything that still fires has been told, as it stands."""
    last = {alert: max(seqs) for alert, seqs in _by_alert(rings).items()}
    due = {**{f"a{n}": 2 for n in range(5)}, **{f"a{n}": 1 for n in range(10, ALERTS)}}
    due |= {f"b{n}": 1 for n in range(5)}
    return all(last.get(alert) == seq for alert, seq in due.items())


def _in_order(name: str, rings: list[Ring]) -> None:
    """News follows news, and what came twice came under one key, word for word, and not often."""
    for alert, seqs in _by_alert(rings).items():
        assert seqs == sorted(seqs), (name, alert, seqs)
    bodies = {ring.key: ring.body for ring in rings}
    assert all(bodies[ring.key] == ring.body for ring in rings)
    repeats = {key: count for key, count in Counter(ring.key for ring in rings).items() if count > 1}
    assert all(count == 2 for count in repeats.values()), (name, repeats)
