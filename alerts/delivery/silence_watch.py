"""Silences end loudly: who waits for it is told beforehand, and what is still broken is told at once.

What is to be told is a function of the commands, of the alerts as they stand, and of what the delivery log
says that each receiver has heard and when.  So whoever goes on after a crash tells what is missing, and
nothing twice.
The worker that has the first partition tells of ends that come; each worker tells of its own alerts.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import orjson

from alerts.delivery.backlog import Delivery
from alerts.delivery.commands import SilenceCommand
from alerts.delivery.grouping.routing import labelled, targets
from alerts.delivery.heartbeat import PARTITION
from alerts.delivery.mutes import Muting, quiets
from alerts.delivery.notices.notice import TOLD, TransitionNews, cover_of, notice
from alerts.delivery.notices.phrases import WORDS
from alerts.delivery.open_alerts import OpenAlerts
from alerts.delivery.progress import HeardTransitions
from alerts.foreign_text import printable
from alerts.paging import Receiver
from alerts.receivers.kinds import KINDS
from alerts.receivers.message import NewsState, ReceiverMessage, Words
from alerts.rules import Rulebook
from alerts.transitions import utc_text

LOOK_S: Final = 0.5
"""How often ends are looked for."""
BEFORE_S: Final = 900.0
"""How long before the end it is told; a quarter of the silence where that is less."""
MOST_NAMED: Final = 20
"""Alerts that are named in such a message."""


@dataclass(frozen=True, slots=True)
class SilenceEnding:
    """Marks a delivery that tells of the end to come; `broken` are the open alerts that are told then."""

    said: SilenceCommand
    broken: tuple[TransitionNews, ...]


@dataclass(frozen=True, slots=True)
class StillBroken:
    """Marks a delivery of what was told before a silence, and still holds after it."""

    said: SilenceCommand


class SilenceWatch:
    """Says what is due.  `waits`: whether a receiver's queue has news of an alert anyway."""

    def __init__(
        self, rulebook: Rulebook, muting: Muting, alerts: OpenAlerts, waits: Callable[[str, str], bool]
    ) -> None:
        self._rulebook = rulebook
        self._muting = muting
        self._alerts = alerts
        self._waits = waits
        self._begun: dict[tuple[str, str], float] = {}

    def busy(self, now_s: float) -> bool:
        """Whether there is any silence to look at."""
        return bool(self._muting.silences(now_s) or self._muting.ended(now_s))

    def forget(self) -> None:
        """A partition has moved: what was begun of it may never end, and is looked at if it comes back."""
        self._begun.clear()

    def due(self, partition: int, heard: HeardTransitions, now_s: float) -> Iterator[tuple[str, Delivery]]:
        """Receivers and what they are told now, of a partition of cx.alerts whose log is `heard`."""
        found = list(self._still_broken(partition, heard, now_s))
        found += self._ending(heard, now_s) if partition == PARTITION else ()
        for name, delivery in found:
            key = name, delivery.notice.id
            if key not in self._begun:
                self._begun[key] = now_s
                yield name, delivery
        self._begun = {key: at_s for key, at_s in self._begun.items() if now_s - at_s < 2 * 3_600}

    def _still_broken(
        self, partition: int, heard: HeardTransitions, now_s: float
    ) -> Iterator[tuple[str, Delivery]]:
        ended = self._muting.ended(now_s)  # in whole seconds, as the log says when each was told
        for news in self._alerts.open():
            told = [(name, at_s) for name, at_s in heard.told_s(news.id) if not self._waits(name, news.id)]
            labels = news.labels if told else {}
            for each in ended if told else ():
                if quiets(each.said, labels):
                    late = [name for name, at_s in told if at_s < int(each.at_s)]
                    yield from self._told_again(partition, news, each.said, late, now_s)

    def _told_again(
        self, partition: int, news: TransitionNews, said: SilenceCommand, names: Iterable[str], now_s: float
    ) -> Iterator[tuple[str, Delivery]]:
        """Of many silences that ended for many alerts, few are news: all else is looked at by then."""
        key = f"{news.id}.{news.seq}.{said.id}"
        fresh = [name for name in names if (name, key) not in self._begun]
        about = notice(msgspec.json.encode(news)) if fresh else None
        if about is None or self._muting.why_muted(about, now_s) is not None:
            return
        for name in fresh:
            marked = StillBroken(said)
            cover = replace(about, id=key)
            yield name, Delivery(notice=cover, partition=partition, written_s=now_s, message=marked)

    def _ending(self, heard: HeardTransitions, now_s: float) -> Iterator[tuple[str, Delivery]]:
        told = [(news, news.labels) for news in self._alerts.open() if news.state in TOLD]
        for said in self._muting.silences(now_s):
            until_s = said.until.timestamp()
            if now_s < until_s - min(BEFORE_S, (until_s - said.at.timestamp()) / 4):
                continue
            broken = tuple(news for news, labels in told if quiets(said, labels))
            name_of = f"silence-{said.id}"
            news = TransitionNews(
                id=name_of, seq=1, rule="", severity="warning", state=NewsState.NOTE, indicator="", scope={},
                at=utc_text(int(now_s) * 1000),
            )  # fmt: skip
            ending = cover_of(f"{name_of}.1", news, {})
            whom = [
                name
                for name in self._whom(said, broken)
                if (name, ending.id) not in self._begun
                and not heard.progress(name_of, name).seq
                and not self._waits(name, name_of)
            ]
            marked = SilenceEnding(said, self._told_after(said, broken) if whom else ())
            for name in whom:
                yield name, Delivery(notice=ending, partition=PARTITION, written_s=now_s, message=marked)

    def _told_after(
        self, said: SilenceCommand, quiet: Iterable[TransitionNews]
    ) -> tuple[TransitionNews, ...]:
        longer = self._muting.longer_than(said)
        return tuple(
            news
            for news in quiet
            if not self._muting.in_care(news.id, news.severity)
            and not any(quiets(each, news.labels) for each in longer)
        )

    def _whom(self, said: SilenceCommand, broken: Iterable[TransitionNews]) -> list[str]:
        """Who would hear of what it keeps quiet, among those that take words and not only alerts."""
        quiet = [each.labels for each in broken] or [dict(said.match)]
        found = [targets(self._rulebook, labelled(self._rulebook, labels)) for labels in quiet]
        names = {target.receiver for each in found for target in each}
        return [each.name for each in self._rulebook.receivers if each.name in names and takes_words(each)]


def takes_words(receiver: Receiver) -> bool:
    """Whether a message that is no alert makes sense to a receiver."""
    return KINDS[receiver.kind].takes_words and receiver.settings.get("format") != ("alertmanager",)


def ending_message(ending: SilenceEnding, key: str, receiver: Receiver) -> ReceiverMessage:
    """What a receiver is told of an end to come."""
    said, words = ending.said, WORDS[receiver.lang]
    until = utc_text(int(said.until.timestamp()) * 1000)
    match = ", ".join(f"{name}={value}" for name, value in said.match.items())
    title = words["silence_ends"].format(match=match, time=f"{until[:10]} {until[11:16]} UTC", by=said.by)
    named = [
        printable(f"{each.rule} ({', '.join(filter(None, each.scope.values()))})") for each in ending.broken
    ]
    text = words["silence_broken" if named else "silence_idle"].format(n=len(named))
    alerts = [
        {"id": each.id, "rule": each.rule, "severity": each.severity, "scope": each.scope}
        for each in ending.broken[:MOST_NAMED]
    ]
    data = {
        "id": said.id, "match": dict(said.match), "until": until, "by": said.by, "count": len(named),
        "alerts": alerts,
    }  # fmt: skip
    at = utc_text(int(said.at.timestamp()) * 1000)
    return ReceiverMessage(
        key=key,
        thread=f"silence-{said.id}",
        state=NewsState.NOTE,
        severity="warning",
        at=at,
        words=Words(title=title, text="\n".join([text, *named[:MOST_NAMED]])),
        body=orjson.dumps({"type": "cx.silence.ending", "timestamp": at, "data": data}),
        receiver=receiver.name,
    )
