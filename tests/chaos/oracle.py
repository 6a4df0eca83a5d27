"""What must come out, computed from the input alone by plain code; shares nothing with the core."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import orjson
from xxhash import xxh3_64_intdigest

from tests.chaos.traffic import FEEDBACK, REPEAT_WINDOW_MS, Sent

PANE_MS: Final = 10_000
WAIT_TARGET_S: Final = 20
DAY_MS: Final = 86_400_000

Counts = Counter[tuple[int, str, str]]
"""(pane, channel, cell) to count."""


@dataclass(slots=True)
class Oracle:
    """Feed it everything that was produced, in any order within a partition; then ask."""

    counts: Counts = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)
    bad: Counter[bytes] = field(default_factory=Counter)
    duplicates: int = 0
    contacts: dict[tuple[str, str], list[tuple[int, int, str, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By customer and topic, in order: time, hash of the id (the order of ties), channel, transferred."""
    answers: dict[tuple[str, str], list[tuple[int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By customer and indicator: time, hash of the id, channel."""

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
        """Counts per pane, channel and cell.  A repeat fails the channel of the contact before it.

        An answer within a day of the same customer's last one to the same question is a further one.
        """
        total = Counter(self.counts)
        for history in self.contacts.values():
            before_ms, charged = None, ""
            for at_ms, _, channel, transferred in history:
                repeat = before_ms is not None and at_ms - before_ms <= REPEAT_WINDOW_MS
                cell = "fcr.failed" if repeat or transferred else "fcr.resolved"
                total[at_ms // PANE_MS, charged if repeat else channel, cell] += 1
                before_ms, charged = at_ms, channel
        for (_, indicator), given in self.answers.items():
            for before, (at_ms, _, channel) in pairwise(sorted(given)):
                if at_ms - before[0] < DAY_MS:
                    total[at_ms // PANE_MS, channel, f"{indicator}.further"] += 1
        return total

    def _answer(self, event: dict[str, Any]) -> None:
        if event.get("consent") is False:
            return
        scale = {"csat": "1-5", "nps": "0-10", "ces": "1-7"}[event["indicator"]]
        self._count(event, f"{event['indicator']}/{scale}/{event['score']}")
        if event.get("customer"):
            tie = xxh3_64_intdigest(event["id"].encode())
            self.answers[event["customer"], event["indicator"]].append(
                (_ms(event["at"]), tie, event["channel"])
            )

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
            tie = xxh3_64_intdigest(event["id"].encode())
            transferred = event.get("outcome") == "transferred"
            insort(history, (_ms(event["at"]), tie, event["channel"], transferred))

    def _count(self, event: dict[str, Any], cell: str) -> None:
        self.counts[_ms(event["at"]) // PANE_MS, event["channel"], cell] += 1


def _ms(at_s: float) -> int:
    return round(at_s * 1000)
