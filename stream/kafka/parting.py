"""Parting from a broker that is gone: it hung up, is frozen and says nothing, or is elsewhere by now."""

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, conn
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.group import JoinGroupRequest, SyncGroupRequest
from aiokafka.structs import BrokerMetadata

CONNECT_S: Final = 8.0
"""How long each step of connecting may take.  A start begins with whatever broker is named first."""
ANSWER_S: Final = 20.0
"""How long an answer may take.  A cluster gives a frozen broker up in nine seconds, and one that waits for a
frozen follower in as many; what had been sent to it leaves for its successor before it is too old."""
GROUP_S: Final = 60.0
"""The same while a group gathers: its members have 45 seconds to let go of what they have."""
GATHERING: Final = (JoinGroupRequest, SyncGroupRequest)

NAMED: Final = "bootstrap"
"""Aiokafka's word for a broker of which nothing is known but its address."""
_ask_the_known: Final = AIOKafkaClient._metadata_update  # noqa: SLF001  # aiokafka offers no other way


class QuickConnection(AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types here
    """A connection that is given up soon.

    Aiokafka has one patience for everything, a producer's also for how long a message may be under way: what
    was sent to a broker that then froze would be too old when it is given up, with nobody else asked.
    """

    _request_timeout: float

    async def connect(self) -> Any:
        """Connect; each step within `CONNECT_S`."""
        patience_s = self._request_timeout
        self._request_timeout = min(CONNECT_S, patience_s)
        found = await super().connect()
        self._request_timeout = patience_s
        return found

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """Send; the answer is waited for as long as is right for such a request."""
        patience_s = self._request_timeout
        self._request_timeout = GROUP_S if isinstance(request, GATHERING) else min(ANSWER_S, patience_s)
        try:
            return super().send(request, *args, **options)
        finally:
            self._request_timeout = patience_s


async def _ask_anybody(client: AIOKafkaClient, cluster: ClusterMetadata, topics: Any) -> bool:
    """Whether a broker has told of the cluster: one of the known, else one of those that were named.

    Aiokafka asks the named ones only once: where all brokers had other addresses when they came back, a
    client would look for them at the old ones for ever.
    """
    if await _ask_the_known(client, cluster, topics):
        return True
    for host, port, _ in client.hosts:
        client.cluster._bootstrap_brokers = {NAMED: BrokerMetadata(NAMED, host, port, None)}  # noqa: SLF001
        if await client._get_conn(NAMED) is not None:  # noqa: SLF001
            return bool(await _ask_the_known(client, cluster, topics))
    return False


def part_soon() -> None:
    """Make all connections from now on such, and lost brokers looked for; more than once does no harm."""
    conn.AIOKafkaConnection = QuickConnection
    AIOKafkaClient._metadata_update = _ask_anybody  # noqa: SLF001


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, also in the middle of an attempt to reach a broker that is gone."""
    task = asyncio.current_task()
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        if task is not None and task.cancelling():
            raise
        # Aiokafka cancels its own fetches, and passes on what one says to that; then connections stay open.
        await consumer._client.close()  # noqa: SLF001
