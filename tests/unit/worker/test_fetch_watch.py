"""Fetching that stands still is told from a broker that is away."""

import asyncio
from collections.abc import Collection

import pytest

from stream.kafka.offsets import TP
from stream.worker.fetch_watch import SILENT_LOOKS, FetchWatch

A, B = TP("cx.feedback", 0), TP("cx.tallies", 1)


class World:
    """What the worker's client hears, and of what another is told."""

    def __init__(self) -> None:
        self.heard: dict[TP, float | None] = {A: 1.0, B: None}
        self.told: frozenset[TP] = frozenset()
        self.asked: list[frozenset[TP]] = []
        self.watch = FetchWatch(lambda: dict(self.heard), self._ask)

    async def _ask(self, tps: Collection[TP]) -> frozenset[TP]:
        self.asked.append(frozenset(tps))
        return self.told & frozenset(tps)

    async def look(self, times: int) -> None:
        """So many looks."""
        for _ in range(times):
            await self.watch.look()


def test_what_is_heard_of_is_not_asked_about() -> None:
    """However long: each look hears something new."""

    async def play() -> None:
        world = World()
        for now_s in range(3 * SILENT_LOOKS):
            world.heard = {A: float(now_s), B: float(now_s)}
            await world.look(1)
        assert world.watch.why_silent() is None
        assert world.asked == []

    asyncio.run(play())


def test_a_broker_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """Another client is told nothing either; the worker is not ready, and not stuck; it is logged once."""

    async def play() -> None:
        world = World()
        await world.look(SILENT_LOOKS)
        assert world.watch.why_silent() is None
        await world.look(9)
        assert world.asked == [{A, B}] * 9
        told = "for 30 s no broker told of 2 partitions, such as cx.feedback/0"
        assert (world.watch.why_silent(), world.watch.stuck) == (told, frozenset())
        world.heard = {A: 2.0, B: 2.0}
        await world.look(1)
        assert world.watch.why_silent() is None

    asyncio.run(play())
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def test_a_client_that_stands_still_is_found_out() -> None:
    """Another one is told of the same partition; what is full, and fetched no more, is forgotten."""

    async def play() -> None:
        world = World()
        world.told = frozenset([B])
        await world.look(SILENT_LOOKS + 1)
        assert world.watch.silent == {A, B}
        assert world.watch.stuck == {B}
        del world.heard[B]
        await world.look(1)
        assert world.watch.silent == {A}
        assert not world.watch.stuck

    asyncio.run(play())
