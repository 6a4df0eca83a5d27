"""Refusals of the group: who is asked, and when nobody can be."""

import asyncio
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from stream.transport.joining import refusal


class Coordinator:
    """One that was refused once."""

    def __init__(self) -> None:
        self.rejoins = 0
        self._coordination_task: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def check_errors(self) -> None:
        """What the client has waited to tell."""
        raise GroupAuthorizationFailedError("g")

    def request_rejoin(self) -> None:
        """Counted."""
        self.rejoins += 1


def _consumer(coordinator: Any, loop: asyncio.AbstractEventLoop) -> Any:
    client = SimpleNamespace(_coordinator=coordinator)
    return SimpleNamespace(_thread=SimpleNamespace(_consumer=client, thread_loop=loop))


def test_a_refusal_is_told_and_joining_tried_again() -> None:
    """The client waits until it is asked."""

    async def ask() -> tuple[KafkaError | None, int]:
        coordinator = Coordinator()
        told = await refusal(_consumer(coordinator, asyncio.get_running_loop()))
        return told, coordinator.rejoins

    told, rejoins = asyncio.run(ask())
    assert isinstance(told, GroupAuthorizationFailedError)
    assert rejoins == 1


def test_a_thread_that_has_ended_is_not_asked() -> None:
    """Why it has is told by others; an error of ours here would take its place."""
    ended = asyncio.new_event_loop()
    ended.close()
    assert asyncio.run(refusal(_consumer(None, ended))) is None
