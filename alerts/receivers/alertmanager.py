"""Alertmanager, API v2: posts alerts to every replica, and again for as long as they fire.

An alert's identity there is its label set, so labels carry no measured value.  What is not repeated is taken
for resolved at `endsAt`, which is a few repeats ahead, as Prometheus does it.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from alerts.receivers.answers import Answer, Fate
from alerts.receivers.kind import Outlet, ReceiverKind
from alerts.receivers.message import AlertNews, ReceiverMessage
from alerts.receivers.settings import Settings, SettingSpec, Want, seconds_of

RESEND_S: Final = 60.0
MISSED: Final = 4
"""So many missed repeats until Alertmanager takes an alert for over."""
PATH: Final = "/api/v2/alerts"
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


class AlertmanagerChannel:
    """Posts to all replicas; one that takes it is enough, since the next repeat reaches the others."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        resend_s = seconds_of(settings["resend"][0]) if "resend" in settings else RESEND_S
        self._ends_after_s = MISSED * resend_s
        self._urls = tuple(_endpoint(url) for url in settings["urls"])
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # keeps none
        """The alerts as they are at `at_s`."""
        import asyncio  # noqa: PLC0415  # takes long to load, and whoever only reads rules sends nothing

        body = alerts_body(message, at_s + self._ends_after_s)
        answers = await asyncio.gather(*(self._outlet.post(url, body, {}) for url in self._urls))
        order = (Fate.TAKEN, Fate.LATER, Fate.GONE, Fate.REFUSED)
        best = min(answers, key=lambda answer: order.index(answer.fate))
        return replace(best, reached=any(answer.reached for answer in answers))


def alerts_body(message: ReceiverMessage, until_s: float) -> bytes:
    """An array of alerts; those that are over have their end, the others one that repeats put off."""
    until = datetime.fromtimestamp(until_s, UTC).strftime(TIME)
    return orjson.dumps([_alert(alert, message, until) for alert in message.alerts])


def _alert(alert: AlertNews, message: ReceiverMessage, until: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "labels": {name: value for name, value in alert.labels.items() if value},
        "annotations": dict(alert.annotations),
        "startsAt": alert.started_at,
        "endsAt": alert.ended_at or until,
    }
    if message.links:
        found["generatorURL"] = message.links[0].url
    return found


def _endpoint(url: str) -> str:
    base = url.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


ALERTMANAGER_KIND: Final = ReceiverKind(
    specs=(SettingSpec("urls", Want.URLS, required=True), SettingSpec("resend", Want.DURATION)),
    open=AlertmanagerChannel,
    resend_s=RESEND_S,
    takes_words=False,
)
