"""The Faust app: settings that suit record lists, and three agents that hand batches on."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import faust
from mode.supervisors import CrashingSupervisor

from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import ALERTS, INPUTS, TALLIES
from stream.transport.faust_transport import SCHEME, prepare
from stream.transport.link import Link, RecordBatch

FAMILIES: Final = (INPUTS, (TALLIES,), (ALERTS,))
"""Topics whose partitions go to workers together."""

REBALANCE_TIMEOUT_S: Final = 45.0
"""More than the transport's steps before partitions are lost may take together."""
HEARTBEAT_MS: Final = 1_000
"""How soon a worker learns that another has come or gone, and stops for the rebalance."""
POLL_INTERVAL_S: Final = 300.0
COMMIT_INTERVAL_S: Final = 1.0
FETCH_WAIT_MS: Final = 50
"""How long the broker holds back an answer without records.  A partition that has been worked off waits
for the answer on the others before it is asked for again, so this bounds how long one alone stands still."""
FETCH_BYTES: Final = 2 * 2**20
"""Per partition and answer: about 12,000 events, which are one batch (see `whole_batches`)."""

Take = Callable[[RecordBatch], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Agents:
    """What takes the batches: of both inputs, of cx.tallies, of cx.alerts."""

    intake: Take
    judge: Take
    notify: Take


class _DisklessApp(faust.App):  # type: ignore[misc]  # Faust has no types
    """An app whose state is in Kafka alone: Faust's folders would be left behind by every worker."""

    def _create_directories(self) -> None:
        pass


def consumer_options(kafka: ClientSettings, session_timeout_s: float) -> dict[str, Any]:
    """Options of the group's aiokafka consumer."""
    return {
        **kafka.client_options(),
        "session_timeout_ms": int(session_timeout_s * 1000),
        "heartbeat_interval_ms": HEARTBEAT_MS,
        "rebalance_timeout_ms": int(REBALANCE_TIMEOUT_S * 1000),
        "max_poll_interval_ms": int(POLL_INTERVAL_S * 1000),
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "max_partition_fetch_bytes": FETCH_BYTES,
        "max_poll_records": None,
    }


def build(group: str, brokers: Sequence[str], link: Link, agents: Agents) -> Any:
    """An app that is not started yet; it joins `group` when it is.

    Raises:
        RuntimeError: the installed Faust is not the one that the transport was written for.
    """
    prepare()
    name = f"tocsin-{uuid4().hex}"
    app = _DisklessApp(
        group,
        broker=[f"{SCHEME}://{broker}" for broker in brokers],
        # Two workers with one URL would be taken for one.
        canonical_url=f"http://{name}",
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        agent_supervisor=CrashingSupervisor,
        broker_commit_interval=COMMIT_INTERVAL_S,
        stream_wait_empty=True,
        key_serializer="raw",
        value_serializer="raw",
    )
    app.link = link
    for agent, topics, take in (
        ("intake", INPUTS, agents.intake),
        ("judge", (TALLIES,), agents.judge),
        ("notify", (ALERTS,), agents.notify),
    ):
        app.agent(app.topic(*map(link.topics.of, topics)), name=agent)(_agent(take))
    return app


def _agent(take: Take) -> Callable[[Any], Awaitable[None]]:
    """An agent that hands on batches.  An error in one ends the worker: see `CrashingSupervisor`."""

    async def agent(stream: Any) -> None:
        source = stream.noack()
        async for event in source.events():
            await take(event.value)
            await source.ack(event)

    return agent
