"""What goes wrong, when: a seeded script, and the hands that carry it out."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.workers import SESSION_TIMEOUT_S, Fleet
from tests.kafka.broker import Broker
from tests.kafka.topic_settings import change

KINDS: Final = {
    "kill": 8,
    "term": 4,
    "join": 3,
    "leave": 3,
    "freeze": 4,
    "broker-stop": 1,
    "broker-kill": 1,
    "broker-freeze": 1,
    "disk-full": 1,
    "refuse": 1,
}
"""Kinds of fault, and how many of each are in the pack that they are drawn from."""


TALLIES: Final = "cx.tallies"


@dataclass(slots=True)
class Hands:
    """Carries out faults one after the other while traffic flows.

    `down_s` is how long a broker stays away; `kinds` are dealt like cards, so that a long run has them all.
    With several fleets, chance says whose worker it hits; each keeps `least` workers and has at most `most`.
    `at_work`: victims are workers that have partitions; otherwise also such as are only starting.
    """

    fleets: Sequence[Fleet]
    broker: Broker
    rng: random.Random
    kinds: Mapping[str, int] = field(default_factory=lambda: KINDS)
    down_s: float = 3.0
    most: int = 4
    least: int = 1
    at_work: bool = False
    done: Counter[str] = field(default_factory=Counter)
    moments_ms: list[tuple[str, int]] = field(default_factory=list)
    _pack: list[str] = field(default_factory=list)

    async def one(self) -> str:
        """Draw a fault that is possible now, and do it; returns its kind."""
        self.reap()
        for each in self.fleets:
            while len(each.running) < self.least:
                each.start()
        fleet = self.rng.choice(self.fleets) if len(self.fleets) > 1 else self.fleets[0]
        kind = self._draw(fleet)
        hands = fleet.at_work() if self.at_work else fleet.idle_hands()
        victim = self.rng.choice(hands) if hands else ""
        self.done[kind] += 1
        self.moments_ms.append((kind, time.time_ns() // 1_000_000))
        await self._do(kind, fleet, victim)
        return kind

    def reap(self) -> None:
        """Notice exits; start another for each that we did not ask for."""
        for fleet in self.fleets:
            fleet.reap()

    def _draw(self, fleet: Fleet) -> str:
        """The first card of the pack that can be played now; the others wait."""
        for place, kind in enumerate(self._pack):
            if self._possible(kind, fleet):
                return self._pack.pop(place)
        more = [kind for kind, count in self.kinds.items() for _ in range(count)]
        self.rng.shuffle(more)
        self._pack += more
        return next(
            (self._pack.pop(n) for n, kind in enumerate(self._pack) if self._possible(kind, fleet)), "join"
        )

    def _possible(self, kind: str, fleet: Fleet) -> bool:
        match kind:
            case "join":
                return len(fleet.running) < self.most
            case "leave":
                return len(fleet.idle_hands()) > self.least
            case "kill" | "term" | "freeze":
                return bool(fleet.idle_hands())
            case _:
                return True

    async def _do(self, kind: str, fleet: Fleet, victim: str) -> None:
        match kind:
            case "kill":
                fleet.kill(victim)
                fleet.start()
            case "term":
                fleet.terminate(victim)
                fleet.start()
            case "join":
                fleet.start()
            case "leave":
                fleet.terminate(victim)
            case "freeze":
                fleet.freeze(victim)
                await asyncio.sleep(SESSION_TIMEOUT_S * 1.5)
                fleet.thaw(victim)
            case "broker-freeze":
                await asyncio.to_thread(self.broker.freeze)
                await asyncio.sleep(self.down_s)
                await asyncio.to_thread(self.broker.thaw)
            case "refuse":
                await self._refuse()
            case _:
                await self._end_broker(kind)

    async def _refuse(self) -> None:
        """The broker takes no tallies for a while: an error that trying again does not mend."""
        await change(self.broker.bootstrap, TALLIES, {"max.message.bytes": "10"})
        until = time.monotonic() + self.down_s
        while time.monotonic() < until:
            await asyncio.sleep(0.5)
            self.reap()
        await change(self.broker.bootstrap, TALLIES, {"max.message.bytes": str(10 << 20)})

    async def _end_broker(self, kind: str) -> None:
        ends = {
            "broker-stop": self.broker.stop,
            "broker-kill": self.broker.kill,
            "disk-full": self.broker.fill_disk,
        }
        await asyncio.to_thread(ends[kind])
        await asyncio.sleep(self.down_s)
        await asyncio.to_thread(self.broker.start)


def known(kinds: Sequence[str]) -> Mapping[str, int]:
    """The pack for some kinds, as many of each as usual.

    Raises:
        ValueError: there is no such kind.
    """
    if unknown := set(kinds) - KINDS.keys():
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    return {kind: KINDS[kind] for kind in kinds}
