"""The canary: what a receiver is told of an event of ours that has come through everything before it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson

from alerts.delivery.backlog import Delivery
from alerts.delivery.heartbeat import PARTITION
from alerts.delivery.notices.notice import TransitionNews, cover_of
from alerts.receivers.message import NewsState, ReceiverMessage, Words
from alerts.transitions import utc_text

NAME: Final = "tocsin-canary"


@dataclass(frozen=True, slots=True)
class CanaryLanding:
    """Marks a delivery of a canary that was born at `born_s` and judged at `judged_s` (Unix time).

    `landed` is called when the receiver has taken it.
    """

    born_s: float
    judged_s: float
    landed: Callable[[], None]


def canary_delivery(landing: CanaryLanding) -> Delivery:
    """A canary on its last stretch, under a key of its birth."""
    at = utc_text(int(landing.born_s) * 1000)
    news = TransitionNews(
        id=NAME, seq=1, rule=NAME, severity="warning", state=NewsState.NOTE, indicator=NAME, scope={}, at=at
    )
    notice = cover_of(f"{NAME}.{int(landing.born_s)}", news, {"rule": NAME})
    return Delivery(notice=notice, partition=PARTITION, written_s=landing.judged_s, message=landing)


def canary_message(landing: CanaryLanding, key: str, receiver: str) -> ReceiverMessage:
    """What the receiver gets."""
    at = utc_text(int(landing.born_s) * 1000)
    data = {"judged_after_s": round(landing.judged_s - landing.born_s, 3)}
    return ReceiverMessage(
        key=key,
        thread=NAME,
        state=NewsState.NOTE,
        severity="warning",
        at=at,
        words=Words(title="Tocsin hears, judges and tells", text="An event of its own has come all the way."),
        body=orjson.dumps({"type": "cx.canary", "timestamp": at, "data": data}),
        receiver=receiver,
    )
