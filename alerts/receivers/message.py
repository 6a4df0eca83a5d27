"""What a receiver is told at once: the news of one alert, or of a group, in words and in figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class NewsState(StrEnum):
    """What a message says of its thread."""

    FIRING = "firing"
    STALE = "stale"
    RESOLVED = "resolved"
    NOTE = "note"  # of no alert, such as that a silence ends
    ACKNOWLEDGED = "acknowledged"  # somebody takes care of it; only some kinds are told


@dataclass(frozen=True, slots=True)
class NextLook:
    """A place to look at next."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one notice, in the receiver's language: sentences, and facts as name and value.

    `colon` stands between a name and its value.
    """

    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    colon: str = ": "


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNews:
    """One alert of a message, as machines want it.  Labels are its identity: no measured values."""

    id: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    started_at: str
    ended_at: str | None
    data: Mapping[str, Any]

    @property
    def over(self) -> bool:
        """Whether its episode has ended."""
        return self.state == NewsState.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverMessage:
    """One message to one receiver.

    `key` is the idempotency key, equal for every attempt; `thread` is what all news of one alert or group
    share.  `words` are for people.  `body` is the envelope of Standard Webhooks.
    """

    key: str
    thread: str
    state: str
    severity: str
    at: str
    words: Words
    body: bytes
    receiver: str = ""
    links: tuple[NextLook, ...] = ()
    alerts: tuple[AlertNews, ...] = ()
    group_labels: Mapping[str, str] | None = None

    @property
    def over(self) -> bool:
        """Whether everything it tells of has ended."""
        return self.state == NewsState.RESOLVED


def common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all have alike."""
    first, *others = maps or [{}]
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}


CUT: Final = "…"


def shortened(text: str, most: int) -> str:
    """At most so many characters, the last of them a mark that something is missing."""
    return text if len(text) <= most else text[: max(0, most - 1)] + CUT
