"""What every kind of receiver offers: the settings that it has, and a channel that sends."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from alerts.receivers.answers import Answer
from alerts.receivers.message import ReceiverMessage
from alerts.receivers.settings import Settings, SettingSpec


class Outlet(Protocol):
    """The way out for one receiver: `alerts.receivers.http.HttpOutlet`, which guards addresses."""

    allow_private: bool
    timeout_s: float

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One HTTP POST; whatever goes wrong on the way is an answer without a status."""
        ...

    def other(self, what: str) -> None:
        """Hears what is sent in another way than by HTTP; for whoever wants to see it."""
        ...


class WayOut(Protocol):
    """A receiver that can be told something."""

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:
        """One attempt at `at_s` (Unix time); `memory` is what an earlier answer of the thread left, or ""."""
        ...


def nothing_to_say(_given: Collection[str]) -> str | None:
    """No settings exclude or need each other."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverKind:
    """One kind of receiver.

    `complaint` says what is wrong with the settings that are given together, by name.  `pace_s` is the least
    time between two messages that the vendor allows.  `resend_s` is how often what fires is told again, since
    the receiver takes silence for health; 0: never.  `acks_with` names the setting with which a receiver can
    show that somebody takes care of an alert; "" for kinds that cannot.  `takes_words`: a message that is no
    alert makes sense to it.
    """

    specs: tuple[SettingSpec, ...]
    open: Callable[[Settings, Outlet], WayOut]
    complaint: Callable[[Collection[str]], str | None] = nothing_to_say
    pace_s: float = 0.0
    resend_s: float = 0.0
    acks_with: str = ""
    takes_words: bool = True
