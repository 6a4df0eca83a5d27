"""The body that Alertmanager's webhook receivers take, version 4."""

from typing import Any, Final

import orjson

from alerts.receivers.message import AlertNews, ReceiverMessage, common

NO_END: Final = "0001-01-01T00:00:00Z"
"""How Alertmanager writes the end of what has not ended."""
MOST_ALERTS: Final = 500


def v4_body(message: ReceiverMessage, group_key: str) -> bytes:
    """The message as Alertmanager would have posted it of the group with this key."""
    alerts = message.alerts[:MOST_ALERTS]
    firing = any(not alert.over for alert in alerts)
    return orjson.dumps(
        {
            "version": "4",
            "groupKey": group_key,
            "truncatedAlerts": len(message.alerts) - len(alerts),
            "status": "firing" if firing else "resolved",
            "receiver": message.receiver,
            "groupLabels": dict(message.group_labels or {}),
            "commonLabels": common([alert.labels for alert in alerts]),
            "commonAnnotations": common([alert.annotations for alert in alerts]),
            "externalURL": message.links[0].url if message.links else "",
            "alerts": [_alert(alert, message) for alert in alerts],
        }
    )


def _alert(alert: AlertNews, message: ReceiverMessage) -> dict[str, Any]:
    return {
        "status": "resolved" if alert.over else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": alert.started_at,
        "endsAt": alert.ended_at or NO_END,
        "generatorURL": message.links[0].url if message.links else "",
        "fingerprint": alert.id[:16],
    }
