"""The writer: from a notice to the message that one receiver gets, in words and in figures."""

from dataclasses import replace
from typing import Final

import msgspec
import orjson

from alerts.delivery.group_desk import GroupMessage
from alerts.delivery.notices import MOST_BYTES, Notice, TransitionNews
from alerts.paging import Receiver
from alerts.receivers.message import AlertNews, ReceiverMessage

MOST_LISTED: Final = 10
"""Alerts of a group whose sentences are told; the others are counted."""


def written(notice: Notice, receiver: Receiver) -> ReceiverMessage:
    """The message of a notice for a receiver."""
    news = notice.news
    scope = ", ".join(f"{name}={value}" for name, value in news.scope.items())
    return ReceiverMessage(
        key=notice.id,
        thread=notice.alert,
        state=notice.state,
        severity=news.severity,
        at=news.at,
        title=f"{news.rule} {scope}".strip(),
        text=news.summary,
        body=notice.body,
        receiver=receiver.name,
        alerts=(alert_news(news),),
        group_labels=notice.labels,
    )


def written_group(message: GroupMessage, receiver: Receiver) -> ReceiverMessage:
    """The message of a group; one alert by itself reads as it would without a group."""
    notices, group = message.notices, message.group
    if len(notices) == 1:
        return replace(written(notices[0], receiver), key=message.plan.key, group_labels=group.labels)
    open_ = [each for each in notices if not each.final]
    state = "firing" if any(each.state == "firing" for each in open_) else "stale" if open_ else "resolved"
    loud = any(each.news.severity == "critical" for each in open_ or notices)
    scope = ", ".join(f"{name}={value}" for name, value in group.labels.items() if value)
    return ReceiverMessage(
        key=message.plan.key,
        thread=group.id,
        state=state,
        severity="critical" if loud else "warning",
        at=max(each.news.at for each in notices),
        title=f"{len(open_)} alerts: {scope or 'all'}",
        text="\n".join(each.news.summary for each in notices[:MOST_LISTED]),
        body=_group_body(message, state),
        receiver=receiver.name,
        alerts=tuple(alert_news(each.news) for each in notices),
        group_labels=group.labels,
    )


def _group_body(message: GroupMessage, state: str) -> bytes:
    """The envelope of a group: its alerts, as many as a receiver should have to take."""
    alerts = [msgspec.to_builtins(each.news) for each in message.notices]
    body = b""
    for most in (len(alerts), 20, 5, 1):
        data = {
            "group": message.group.id,
            "labels": dict(message.group.labels),
            "state": state,
            "count": len(alerts),
            "alerts": alerts[:most],
        }
        at = max(each.news.at for each in message.notices)
        body = orjson.dumps({"type": f"cx.group.{state}", "timestamp": at, "data": data})
        if len(body) <= MOST_BYTES:
            break
    return body


def alert_news(news: TransitionNews) -> AlertNews:
    """What machines are told.  Numbers stand in annotations only: labels are the alert's identity."""
    labels = {"alertname": news.rule, **news.labels}
    over = news.state == "resolved"
    return AlertNews(
        id=news.id,
        state=news.state,
        labels=labels,
        annotations={"summary": news.summary},
        started_at=news.started_at or news.at,
        ended_at=news.at if over else None,
        data={"value": news.value, "n": news.n, "limit": news.limit},
    )
