"""Messages that are sent many at a time, none of which may be lost without a word."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import RequestTimedOutError

from stream.kafka.confirmed import Confirmed


class FakeProducer:
    """Takes messages as aiokafka's producer does; all but `refused` arrive when it is flushed."""

    def __init__(self, refused: bytes) -> None:
        self._refused = refused
        self._waiting: list[tuple[asyncio.Future[None], bytes]] = []

    async def send(self, topic: str, value: bytes, key: bytes) -> asyncio.Future[None]:  # noqa: ARG002
        """Hand it over."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, value))
        return future

    async def flush(self) -> None:
        """Now everything has arrived, or not."""
        for future, value in self._waiting:
            if value == self._refused:
                future.set_exception(RequestTimedOutError())
            else:
                future.set_result(None)
        self._waiting.clear()


async def _send(producer: Any) -> None:
    confirmed = Confirmed(producer)
    for value in (b"one", b"two", b"three"):
        await confirmed.send("cx.feedback", value, b"c")
    await confirmed.flush()


def test_what_arrives_needs_no_word() -> None:
    """All of it."""
    asyncio.run(_send(FakeProducer(b"")))


@pytest.mark.parametrize("refused", [b"one", b"three"])
def test_what_does_not_arrive_is_told(refused: bytes) -> None:
    """Whichever it is: it counted as sent, and Python complained of a future that nobody asked."""
    with pytest.raises(RequestTimedOutError):
        asyncio.run(_send(FakeProducer(refused)))


def test_nothing_is_sent_after_it() -> None:
    """A million would be, to a broker that refuses all of them."""

    async def go() -> None:
        producer: Any = FakeProducer(b"one")
        confirmed = Confirmed(producer)
        await confirmed.send("cx.feedback", b"one", b"c")
        await producer.flush()
        await asyncio.sleep(0)
        with pytest.raises(RequestTimedOutError):
            await confirmed.send("cx.feedback", b"two", b"c")

    asyncio.run(go())
