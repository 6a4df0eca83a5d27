"""The shapes of what Tocsin writes and reads, as JSON Schemas, and all topics together as AsyncAPI.

The schemas of the outputs are files of the package, for others to read.  Those of the inputs come from the
structs that decode them.  `python -m stream.ops.schemas` writes the AsyncAPI document anew.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from stream import __version__
from stream.kafka.topic_specs import specs
from stream.messages.events import Feedback, Interaction
from stream.messages.records import Stream
from stream.messages.topic_names import (
    ALERTS,
    COMMAND_ANSWERS,
    COMMANDS,
    CUSTOMERS,
    DEAD_LETTERS,
    DEFAULT_PARTITIONS,
    DELIVERIES,
    SCORES,
)

NAMES: Final = (
    *(ALERTS, SCORES, DELIVERIES, COMMANDS, COMMAND_ANSWERS, CUSTOMERS),
    *(f"{DEAD_LETTERS}.headers", f"{DELIVERIES}.groups"),
    *("webhook", "webhook.group", "webhook.heartbeat", "webhook.silence"),
)
"""Schemas in the package, less their `.json`."""
ASYNCAPI: Final = "asyncapi.json"

_EVENTS: Final = {Stream.INTERACTIONS.topic: Interaction, Stream.FEEDBACK.topic: Feedback}
_KEYS: Final = {
    Stream.INTERACTIONS.topic: "The customer, or the event's id where there is none.",
    Stream.FEEDBACK.topic: "The customer, or the event's id where there is none.",
    ALERTS: "The alert's id.",
    SCORES: "indicator|scope|window_s",
    DELIVERIES: "The notice's id; of what is written down of groups, the group's name.",
    COMMANDS: "The alert or the silence that it is about.",
    COMMAND_ANSWERS: "The command's offset.",
    CUSTOMERS: "The customer.",
    DEAD_LETTERS: "As the record had it, byte for byte.",
}
_SENT: Final = (ALERTS, SCORES, DELIVERIES, COMMAND_ANSWERS, DEAD_LETTERS)


def load(name: str) -> dict[str, Any]:
    """One of the schemas `NAMES`."""
    found: dict[str, Any] = json.loads(files("stream").joinpath(f"schemas/{name}.json").read_text("utf-8"))
    return found


def event_schema(topic: str) -> dict[str, Any]:
    """The schema of an input topic, self-contained."""
    schema = msgspec.json.schema(_EVENTS[topic])
    found: dict[str, Any] = schema["$defs"][_EVENTS[topic].__name__]
    return found


def asyncapi() -> str:
    """The AsyncAPI document of every topic that others may use, as JSON."""
    shown = [spec for spec in specs(DEFAULT_PARTITIONS, "tocsin") if spec.name in _KEYS]
    document = {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Tocsin",
            "version": __version__,
            "description": "Reads what customers do and say, scores every channel, alerts when it falls.",
        },
        "defaultContentType": "application/json",
        "channels": {_id(spec.name): _channel(spec.name, spec.partitions, spec.config) for spec in shown},
        "operations": {_operation(spec.name): _action(spec.name) for spec in shown},
        "components": {"messages": {_id(spec.name): _message(spec.name) for spec in shown}},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _id(topic: str) -> str:
    return topic.replace(".", "-")


def _channel(topic: str, partitions: int, config: Mapping[str, str]) -> dict[str, Any]:
    kafka = {"bindingVersion": "0.5.0", "topic": topic, "partitions": partitions}
    settings: dict[str, Any] = {"cleanup.policy": [config["cleanup.policy"]]}
    for name in ("retention.ms", "max.message.bytes"):
        if name in config:
            settings[name] = int(config[name])
    return {
        "address": topic,
        "messages": {_id(topic): {"$ref": f"#/components/messages/{_id(topic)}"}},
        "bindings": {"kafka": {**kafka, "topicConfiguration": settings}},
    }


def _operation(topic: str) -> str:
    return ("write-" if topic in _SENT else "read-") + _id(topic)


def _action(topic: str) -> dict[str, Any]:
    return {
        "action": "send" if topic in _SENT else "receive",
        "channel": {"$ref": f"#/channels/{_id(topic)}"},
    }


def _message(topic: str) -> dict[str, Any]:
    key = {"type": "string", "description": _KEYS[topic]}
    message: dict[str, Any] = {"bindings": {"kafka": {"bindingVersion": "0.5.0", "key": key}}}
    if topic == DEAD_LETTERS:
        headers = _embedded(load(f"{DEAD_LETTERS}.headers"))
        return {**message, "contentType": "application/octet-stream", "headers": headers}
    if topic == DELIVERIES:
        return {**message, "payload": {"oneOf": [_embedded(load(topic)), _embedded(load(f"{topic}.groups"))]}}
    return {**message, "payload": event_schema(topic) if topic in _EVENTS else _embedded(load(topic))}


def _embedded(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only makes sense in a file of its own; AsyncAPI has its own dialect, which ours fits."""
    return {name: value for name, value in schema.items() if name not in {"$schema", "$id"}}


if __name__ == "__main__":
    (Path(__file__).parents[1] / "schemas" / ASYNCAPI).write_text(asyncapi(), "utf-8")
