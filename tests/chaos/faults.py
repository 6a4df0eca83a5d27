"""What goes wrong, when: a seeded script, and the hands that carry it out."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.workers import SESSION_TIMEOUT_S, Fleet
from tests.kafka.broker import Broker

KINDS: Final = {"kill": 8, "term": 4, "join": 3, "leave": 3, "freeze": 4, "broker-stop": 1, "broker-kill": 1}
"""Kinds of fault and how often each is drawn."""
BROKER_DOWN_S: Final = 3.0


@dataclass(slots=True)
class Hands:
    """Carries out faults one after the other while traffic flows."""

    fleet: Fleet
    broker: Broker
    rng: random.Random
    most: int = 4
    least: int = 1
    done: Counter[str] = field(default_factory=Counter)
    moments_ms: list[tuple[str, int]] = field(default_factory=list)

    async def one(self) -> None:
        """Draw a fault that is possible now, and do it."""
        self.fleet.reap()
        while len(self.fleet.running) < self.least:
            self.fleet.start()
        kind = self._draw()
        hands = self.fleet.idle_hands()
        victim = self.rng.choice(hands) if hands else ""
        self.done[kind] += 1
        self.moments_ms.append((kind, time.time_ns() // 1_000_000))
        await self._do(kind, victim)

    def _draw(self) -> str:
        possible = dict(KINDS)
        if len(self.fleet.running) >= self.most:
            possible.pop("join")
        if len(self.fleet.idle_hands()) <= self.least:
            possible.pop("leave")
        if not self.fleet.idle_hands():
            possible = {"join": 1}
        return self.rng.choices(list(possible), list(possible.values()))[0]

    async def _do(self, kind: str, victim: str) -> None:
        match kind:
            case "kill":
                self.fleet.kill(victim)
                self.fleet.start()
            case "term":
                self.fleet.terminate(victim)
                self.fleet.start()
            case "join":
                self.fleet.start()
            case "leave":
                self.fleet.terminate(victim)
            case "freeze":
                self.fleet.freeze(victim)
                await asyncio.sleep(SESSION_TIMEOUT_S * 1.5)
                self.fleet.thaw(victim)
            case "broker-stop" | "broker-kill":
                await asyncio.to_thread(self.broker.stop if kind == "broker-stop" else self.broker.kill)
                await asyncio.sleep(BROKER_DOWN_S)
                await asyncio.to_thread(self.broker.start)
