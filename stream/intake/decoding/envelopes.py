"""Where an event may be that is not in the record itself: in an envelope, or under other names.

Only names that are known are shown; any other key may be a customer's.
"""

from collections.abc import Mapping
from typing import Any, Final

_ENVELOPES: Final = {
    "payload": "an envelope of Kafka Connect, or of Debezium: let its converter write no schemas "
    "(value.converter.schemas.enable=false), or unwrap it (ExtractNewRecordState)",
    "after": "an envelope of Debezium: unwrap it (ExtractNewRecordState)",
    "data": "perhaps the event: send it alone",
}
"""Keys under which others put an event, and what to do about it."""
_CLOUD_EVENT: Final = "a CloudEvent in structured mode: send it in binary mode, or the event alone"
_SYNONYMS: Final = {
    "at": ("timestamp", "time", "date", "datetime", "created_at", "createdAt", "event_time", "ts"),
    "id": ("event_id", "eventId", "uuid", "_id"),
    "score": ("rating", "value", "answer"),
    "channel": ("source", "medium"),
}


def elsewhere(fields: Mapping[str, Any], name: str) -> str:
    """What to say of a field that is not there, if it can be told where it is."""
    for key, what in _ENVELOPES.items():
        if isinstance(fields.get(key), dict):
            return f": in `{key}` is {_CLOUD_EVENT if 'specversion' in fields else what}"
    other = next((key for key in fields if key != name and key.lower() == name), None)
    other = other or next((key for key in _SYNONYMS.get(name, ()) if fields.get(key) is not None), None)
    return "" if other is None else f': is it "{other}"? want it under the name "{name}"'
