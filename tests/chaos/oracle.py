"""What must come out, computed from the input alone by plain code; shares nothing with the core."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tests.chaos.traffic import FEEDBACK, REPEAT_WINDOW_MS, Sent

PANE_MS: Final = 10_000
WAIT_TARGET_S: Final = 20

Counts = Counter[tuple[int, str, str]]
"""(pane, channel, cell) to count."""


@dataclass(slots=True)
class Oracle:
    """Feed it everything that was produced, in any order within a partition; then ask."""

    counts: Counts = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)
    bad: Counter[bytes] = field(default_factory=Counter)
    duplicates: int = 0
    contacts: dict[tuple[str, str], list[tuple[int, str, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, sent: Iterable[Sent]) -> None:
        """Count every record once by its id; whatever was meant as bad must be in dead letters."""
        for record in sent:
            if record.kind == "bad":
                self.bad[record.value] += 1
                continue
            event = orjson.loads(record.value)
            identity = (record.topic, event["id"])
            if identity in self.seen:
                self.duplicates += 1
                continue
            self.seen.add(identity)
            if record.topic == FEEDBACK:
                self._answer(event)
            else:
                self._interaction(event)

    def result(self) -> Counts:
        """Counts per pane, channel and cell, first and repeat contacts included."""
        total = Counter(self.counts)
        for history in self.contacts.values():
            for place, (at_ms, channel, transferred) in enumerate(history):
                repeat = place > 0 and at_ms - history[place - 1][0] <= REPEAT_WINDOW_MS
                cell = "fcr.failed" if repeat or transferred else "fcr.resolved"
                total[at_ms // PANE_MS, channel, cell] += 1
        return total

    def _answer(self, event: dict[str, Any]) -> None:
        if event.get("consent") is False:
            return
        scale = {"csat": "1-5", "nps": "0-10", "ces": "1-7"}[event["indicator"]]
        self._count(event, f"{event['indicator']}/{scale}/{event['score']}")

    def _interaction(self, event: dict[str, Any]) -> None:
        kind = event.get("event", "contact")
        if kind == "resolved":
            took_ms = _ms(event["at"]) - _ms(event["opened_at"])
            self._count(event, "ttr.within" if took_ms <= 86_400_000 else "ttr.over")
            self.counts[_ms(event["at"]) // PANE_MS, event["channel"], "ttr.sum_ms"] += took_ms
            return
        self._count(event, "contacts")
        if kind == "abandoned":
            self._count(event, "abandoned")
            return
        if "wait_s" in event:
            self._count(event, "wait.within" if event["wait_s"] <= WAIT_TARGET_S else "wait.over")
        if event.get("customer"):
            history = self.contacts[event["customer"], event.get("topic", "")]
            insort(history, (_ms(event["at"]), event["channel"], event.get("outcome") == "transferred"))

    def _count(self, event: dict[str, Any], cell: str) -> None:
        self.counts[_ms(event["at"]) // PANE_MS, event["channel"], cell] += 1


def _ms(at_s: float) -> int:
    return round(at_s * 1000)
