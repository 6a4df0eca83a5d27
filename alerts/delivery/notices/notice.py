"""Notices: a transition of cx.alerts as receivers get it, in the envelope of Standard Webhooks.

The notice's id, `{alert id}.{seq}`, is the idempotency key: the same for every attempt, receiver and
worker, since it is a function of the transition alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
import orjson

from alerts.errors import UNREADABLE
from alerts.rules import DIMENSIONS
from alerts.states import State

MOST_BYTES: Final = 20_000
"""What Standard Webhooks recommends as the most that a receiver should have to take."""

MOST_VALUE: Final = 256 * 2**10
"""Bytes of a cx.alerts value, of which ours have some kilobytes.  What is written of it elsewhere may be four
times as long, since a number may be written shorter than we write it, and must fit into a message."""

TOLD: Final = {state.word for state in (State.FIRING, State.RESOLVED, State.STALE)}
"""A pending alert may come to nothing, of which nobody would hear; so nobody is told of it."""

Identity = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9._:-]{1,128}\Z")]
"""It becomes a header of the request, so no other character may be in it."""
Name = Annotated[str, msgspec.Meta(max_length=512)]


class TransitionNews(msgspec.Struct, frozen=True, kw_only=True):
    """What people are told of a transition.  What comes after `at` may be missing."""

    id: Identity
    seq: Annotated[int, msgspec.Meta(ge=1, lt=2**53)]
    rule: Name
    severity: Literal["warning", "critical"]
    state: Name
    indicator: Name
    scope: dict[str, Name]
    at: Name
    started_at: Name = ""
    definition: dict[str, Any] = {}
    window_s: float | None = None
    value: float | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    summary: str = ""
    evidence: dict[str, Any] = {}
    cause: dict[str, Any] | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What routes, silences and grouping match."""
        return labels_of(self.rule, self.severity, self.indicator, self.scope)


def labels_of(rule: str, severity: str, indicator: str, scope: Mapping[str, str]) -> dict[str, str]:
    """What routes, silences and grouping match."""
    return {"rule": rule, "severity": severity, "indicator": indicator, **scope}


KNOWN: Final = frozenset(DIMENSIONS)
_DECODER: Final = msgspec.json.Decoder(TransitionNews)


class NotATransition(ValueError):  # noqa: N818  # reads as what it says
    """A record of cx.alerts that is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A transition that receivers are told of.

    `labels` are what routes match; `body` is the envelope of Standard Webhooks; `news` is what it says.
    """

    id: str
    alert: str
    seq: int
    state: str
    labels: Mapping[str, str]
    body: bytes
    news: TransitionNews

    @property
    def final(self) -> bool:
        """Whether the alert's episode ends with it."""
        return self.state == State.RESOLVED.word


def cover_of(key: str, news: TransitionNews, labels: Mapping[str, str]) -> Notice:
    """A notice of our own making, under `key`: a message goes out with it, of which it is only the cover."""
    return Notice(id=key, alert=news.id, seq=news.seq, state=news.state, labels=labels, body=b"", news=news)


def read_transition(value: bytes | None) -> TransitionNews:
    """A cx.alerts value.

    Raises:
        NotATransition: it is none; the text has nothing of the value.
    """
    if len(value or b"") > MOST_VALUE:
        raise NotATransition("it is larger than any of ours")
    try:
        alert = _DECODER.decode(value or b"")
        # All of it is passed on and shown, so it must be JSON in UTF-8, and no deeper than can be written
        # with some more around it.
        orjson.dumps([[[[[[[[orjson.loads(value or b"")]]]]]]]])
    except (*UNREADABLE, TypeError) as error:
        raise NotATransition("it cannot be read as one") from error
    if not alert.scope.keys() <= KNOWN:
        raise NotATransition("its scope has labels that are no dimensions")
    return alert


def notice(value: bytes | None) -> Notice | None:
    """The notice of one cx.alerts value; None where nobody is told of such a transition.

    Raises:
        NotATransition: the value is not a transition; the text has nothing of the value.
    """
    alert = read_transition(value)
    if alert.state not in TOLD:
        return None
    return Notice(
        id=f"{alert.id}.{alert.seq}", alert=alert.id, seq=alert.seq, state=alert.state, labels=alert.labels,
        body=_body(alert, value or b""), news=alert,
    )  # fmt: skip


def _body(alert: TransitionNews, value: bytes) -> bytes:
    body = _envelope(alert, orjson.Fragment(value))
    if len(body) <= MOST_BYTES:
        return body
    data: dict[str, Any] = orjson.loads(value)
    # Evidence and cause can be looked up on cx.alerts; whoever is paged needs the rest now.
    return _envelope(alert, {**data, "evidence": {}, "cause": None})


def _envelope(alert: TransitionNews, data: object) -> bytes:
    return orjson.dumps({"type": f"cx.alert.{alert.state}", "timestamp": alert.at, "data": data})
