"""The writer: from a notice to the message that one receiver gets, in words and in figures."""

from alerts.delivery.notices import Notice, TransitionNews
from alerts.receivers.message import AlertNews, ReceiverMessage
from alerts.rules import Receiver


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
