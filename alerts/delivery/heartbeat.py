"""The dead man's switch: while notices can leave, a receiver of choice hears so, and misses it otherwise.

The worker that has the first partition sends it, so a group of workers has one heart.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import orjson

from alerts.delivery.backlog import Delivery
from alerts.delivery.notices.notice import TransitionNews, cover_of
from alerts.paging import Heartbeat
from alerts.receivers.message import AlertNews, ReceiverMessage, Words
from alerts.transitions import utc_text

NAME = "tocsin-heartbeat"
PARTITION = 0
"""Whoever has it beats."""


class Beat:
    """Marks a delivery as a heartbeat, of which no account is kept."""


async def keep_beating(
    heartbeat: Heartbeat, ours: Callable[[], bool], send: Callable[[str, Delivery], Awaitable[None]]
) -> None:
    """Tell a receiver again and again that notices can leave, while it is `ours` to tell."""
    while True:
        if ours():
            await send(heartbeat.receiver, beat(time.time()))
        await asyncio.sleep(heartbeat.every_ms / 1000)


def beat(at_s: float) -> Delivery:
    """A heartbeat on its way, made at `at_s` (Unix time)."""
    at = utc_text(int(at_s) * 1000)
    news = TransitionNews(
        id=NAME, seq=1, rule=NAME, severity="warning", state="firing", indicator=NAME, scope={}, at=at,
        started_at=at,
    )  # fmt: skip
    notice = cover_of(f"{NAME}.{int(at_s)}", news, {"rule": NAME})
    return Delivery(notice=notice, partition=PARTITION, written_s=at_s, message=Beat())


def beat_message(delivery: Delivery, receiver: str) -> ReceiverMessage:
    """What the receiver gets; for Alertmanager it is an alert that always fires."""
    notice, at = delivery.notice, delivery.notice.news.at
    title = "Tocsin is alive"
    return ReceiverMessage(
        key=notice.id,
        thread=NAME,
        state="firing",
        severity="warning",
        at=at,
        words=Words(title=title, text="Notices can leave. If this stops coming, they cannot."),
        body=orjson.dumps({"type": "cx.heartbeat", "timestamp": at, "data": {}}),
        receiver=receiver,
        alerts=(
            AlertNews(
                id=NAME,
                state="firing",
                labels={"alertname": NAME, "severity": "none"},
                annotations={"summary": title},
                started_at=at,
                ended_at=None,
                data={},
            ),
        ),
    )
