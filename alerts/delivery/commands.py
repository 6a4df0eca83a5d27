"""Commands: what people say about alerts, on cx.commands.  Whoever delivers notices reads all of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from alerts.errors import UNREADABLE
from alerts.notation import duration_ms
from alerts.rules import DAY_MS
from alerts.states import KNOWN, Known

Time = Annotated[datetime, msgspec.Meta(tz=True)]

KEPT_DAYS: Final = 30
"""How long cx.commands keeps what is said; after that a worker that starts does not know of it."""
VERDICTS: Final = ("true", "false", *KNOWN)
"""What people are asked to say."""
_OTHERWISE: Final = {"new normal": "new_normal"}


def spelled(verdict: str) -> str:
    """A verdict as we write it, however somebody else does."""
    return _OTHERWISE.get(verdict, verdict)


class Acknowledge(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="acknowledge"):
    """Somebody takes care of an alert: no more news of it while it is no louder than `severity`."""

    alert: str
    severity: Literal["warning", "critical"]
    at: Time
    by: str
    comment: str | None = None


class Unacknowledge(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="unacknowledge"):
    """Nobody takes care of an alert any more: it is told, repeated and escalated again."""

    alert: str
    at: Time
    by: str
    comment: str | None = None


class SilenceCommand(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="silence"):
    """No notices of alerts with all these labels (rule, severity, indicator, dimensions) until a time."""

    id: str
    match: Mapping[str, str]
    until: Time
    at: Time
    by: str
    comment: str | None = None


class Unsilence(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="unsilence"):
    """A silence ends before its time."""

    id: str
    at: Time
    by: str
    comment: str | None = None


class Judgement(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="verdict"):
    """What an alert turned out to be: worth the page (or `genuine`), not, known already, or a new normal."""

    alert: str
    verdict: Literal["true", "false", "known", "new_normal", "new normal", "genuine"]
    at: Time
    by: str
    comment: str | None = None

    @property
    def counted_as(self) -> str:
        """In metrics and reports: true, false or known."""
        return {"genuine": "true", "new_normal": "known"}.get(spelled(self.verdict), self.verdict)

    @property
    def accepts(self) -> Known | None:
        """What is said of the level of the alert, where it is to be the reference from now on."""
        return next((known for known in KNOWN if known == spelled(self.verdict)), None)


Command = Acknowledge | Unacknowledge | SilenceCommand | Unsilence | Judgement


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Command)


def encode(command: Command) -> bytes:
    """The value of a cx.commands record."""
    return _ENCODER.encode(command)


def decode(value: bytes | None) -> Command | None:
    """The reverse; None for anything else, which anyone may have written."""
    try:
        command: Command = _DECODER.decode(value or b"")
    except UNREADABLE:
        return None
    return command


def silence_ms(text: str) -> int:
    """How long a silence is to last, as somebody says it.

    Raises:
        ValueError: says what was wanted.
    """
    length_ms = duration_ms(text)
    if length_ms == 0:
        raise ValueError("more than nothing")
    if length_ms > KEPT_DAYS * DAY_MS:
        raise ValueError(f"at most {KEPT_DAYS}d, as long as cx.commands keeps it")
    return length_ms


def key(command: Command) -> str:
    """The key of its record: what it is about."""
    return command.id if isinstance(command, (SilenceCommand, Unsilence)) else command.alert
