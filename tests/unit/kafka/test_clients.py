"""Clients of the commands end with whoever uses them, whenever that is told to end."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from stream.kafka.clients import admin_client
from stream.kafka.settings import ClientSettings

TURNS = 12
"""More turns of the loop than such a client lives."""


async def _start(client: AIOKafkaAdminClient) -> None:
    """As far as a start matters here: what keeps the cluster's state fresh runs in a task of its own."""
    client._client._sync_task = asyncio.create_task(asyncio.sleep(60))


async def _ends(turns: int) -> bool:
    """Whether work that is cancelled after so many turns of the loop ends with that, unless it was done."""

    async def work() -> None:
        async with admin_client(ClientSettings()):
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    task = asyncio.create_task(work())
    for _ in range(turns):
        await asyncio.sleep(0)
    if task.done():
        return True
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


def test_ctrl_c_is_heeded_while_a_client_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Aiokafka waits for its own task, and took a cancellation of ours for that task's: a demo played on."""
    monkeypatch.setattr(AIOKafkaAdminClient, "start", _start)
    assert [turns for turns in range(TURNS) if not asyncio.run(_ends(turns))] == []
