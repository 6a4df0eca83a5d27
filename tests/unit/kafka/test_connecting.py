"""Connecting: what is worth another try, and what is done between two of them."""

import asyncio
import logging

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from stream.kafka.connecting import persistently
from stream.kafka.parting import stop_consumer
from stream.kafka.reader import ReadError


class Door:
    """Opens once all errors have been met."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.said: list[str] = []

    async def connect(self) -> None:
        """Try."""
        self.said.append("connect")
        if self._errors:
            raise self._errors.pop(0)

    async def undo(self) -> None:
        """Take back."""
        self.said.append("undo")


def test_tries_again_until_a_broker_is_there(caplog: pytest.LogCaptureFixture) -> None:
    """What was begun is taken back each time; every try is told, without a trace."""
    door = Door(KafkaConnectionError("refused"), ReadError("nothing came"))
    with caplog.at_level(logging.WARNING):
        asyncio.run(persistently(door.connect, door.undo, first_wait_s=0.001))
    assert door.said == ["connect", "undo", "connect", "undo", "connect"]
    assert ["refused" in text or "nothing came" in text for text in caplog.messages] == [True, True]
    assert all(record.exc_info is None for record in caplog.records)


@pytest.mark.parametrize("error", [TopicAuthorizationFailedError("cx.alerts"), ValueError("ours")])
def test_does_not_try_in_vain(error: Exception) -> None:
    """A refusal stays one, and so does a fault of ours."""
    door = Door(error)
    with pytest.raises(type(error)):
        asyncio.run(persistently(door.connect, door.undo, first_wait_s=0.001))
    assert door.said == ["connect"]


class Connections:
    """What a consumer has open."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        """Close all."""
        self.closed = True


class CutOff:
    """A consumer whose own fetch ends by being cancelled, as aiokafka's does when its broker is away."""

    def __init__(self, lasts_s: float = 0.0) -> None:
        self._client = Connections()
        self._lasts_s = lasts_s

    async def stop(self) -> None:
        """Pass on what the fetch says."""
        await asyncio.sleep(self._lasts_s)
        raise asyncio.CancelledError

    @property
    def closed(self) -> bool:
        """Whether its connections are."""
        return self._client.closed


def test_a_fetch_that_was_cut_off_cancels_nobody_else() -> None:
    """The consumer's connections are closed all the same."""
    consumer = CutOff()
    asyncio.run(stop_consumer(consumer))
    assert consumer.closed


def test_who_is_cancelled_stays_so() -> None:
    """When it is the caller that shall end, it ends."""

    async def story() -> None:
        task = asyncio.create_task(stop_consumer(CutOff(lasts_s=10)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
