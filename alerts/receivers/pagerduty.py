"""PagerDuty, Events API v2: an incident per alert or group, under one key from start to end.

The key of the first event is remembered: a group that begins with one alert reads as that alert does, and is
known by another name once there are more.
"""

from dataclasses import replace
from typing import Any, Final

import orjson

from alerts.receivers.answers import Answer, Fate
from alerts.receivers.kind import Outlet, ReceiverKind
from alerts.receivers.message import NewsState, ReceiverMessage, shortened
from alerts.receivers.settings import Settings, SettingSpec, Want

URL: Final = "https://events.pagerduty.com/v2/enqueue"
MOST_SUMMARY: Final = 1_024
MOST_KEY: Final = 255
MOST_BYTES: Final = 512 * 2**10
PACE_S: Final = 0.5
"""About 120 events a minute and key."""


class PagerDutyChannel:
    """Sends events under one routing key."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        (self._key,) = settings["routing_key"]
        (self._url,) = settings.get("url", (URL,))
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # no clock
        """Trigger, acknowledge or resolve; a 400 will never pass."""
        incident = memory or shortened(message.thread, MOST_KEY)
        answer = await self._outlet.post(self._url, event(message, self._key, incident), {})
        if answer.fate is Fate.TAKEN and answer.status != 202 and not _says_success(answer.body):
            return Answer(status=answer.status, verdict=Fate.REFUSED, body=answer.body)
        return replace(answer, memory=incident)


def _says_success(body: bytes) -> bool:
    """Whether a service that PagerDuty's clients may use instead speaks, and no proxy's page of log-in.

    PagerDuty answers 202; others answer 200 with its words.
    """
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("status") == "success"


def event(message: ReceiverMessage, routing_key: str, incident: str) -> bytes:
    """The body of an event.  Acknowledging and resolving need no more than the keys."""
    found: dict[str, Any] = {"routing_key": routing_key, "dedup_key": incident}
    if message.over:
        return orjson.dumps({**found, "event_action": "resolve"})
    if message.state == NewsState.ACKNOWLEDGED:
        return orjson.dumps({**found, "event_action": "acknowledge"})
    found |= {"event_action": "trigger", "client": "tocsin", "payload": _payload(message)}
    if message.links:
        found["client_url"] = message.links[0].url
        found["links"] = [{"href": link.url, "text": link.text} for link in message.links]
    body = orjson.dumps(found)
    if len(body) <= MOST_BYTES:
        return body
    found["payload"]["custom_details"] = {}
    return orjson.dumps(found)


def _payload(message: ReceiverMessage) -> dict[str, Any]:
    alert = message.alerts[0] if message.alerts else None
    labels = alert.labels if alert else {}
    return {
        "summary": shortened(message.words.title + ". " + message.words.text, MOST_SUMMARY),
        "source": labels.get("channel") or "tocsin",
        "severity": message.severity if message.severity in {"critical", "warning"} else "error",
        "timestamp": message.at,
        "component": labels.get("channel", ""),
        "group": "cx",
        "class": labels.get("alertname", ""),
        "custom_details": {**dict(message.words.facts), "alerts": len(message.alerts)},
    }


PAGERDUTY: Final = ReceiverKind(
    specs=(
        SettingSpec("routing_key", Want.SECRET, required=True),
        SettingSpec("url", Want.URL),
    ),
    open=PagerDutyChannel,
    pace_s=PACE_S,
    acks_with="routing_key",
    takes_words=False,
)
