"""The end of a demo: whatever ends it, nothing goes on."""

import asyncio

import pytest

from stream.demo.first_to_end import first_to_end


async def stubborn(ended: list[str]) -> None:
    """Swallows the first cancellation, as a Kafka client that is just starting may."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        ended.append("once")
    await asyncio.Event().wait()


async def soon() -> None:
    """Ends at once."""


def test_a_task_that_swallows_its_cancellation_is_cancelled_again() -> None:
    """The first to end ends all others, however stubborn."""
    ended: list[str] = []
    asyncio.run(asyncio.wait_for(first_to_end(soon(), stubborn(ended)), 10))
    assert ended in ([], ["once"])


def test_a_signal_ends_everything() -> None:
    """Ctrl-C cancels whoever waits for the first to end."""
    ended: list[str] = []

    async def play() -> None:
        playing = asyncio.create_task(first_to_end(stubborn(ended), stubborn(ended)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(playing, 10)

    asyncio.run(play())
    assert ended == ["once", "once"]


def test_what_fails_is_told() -> None:
    """The error of the one that ended first comes out."""

    async def fail() -> None:
        raise LookupError("no broker")

    with pytest.raises(LookupError, match="no broker"):
        asyncio.run(first_to_end(fail(), stubborn([])))
