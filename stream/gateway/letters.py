"""Dead letters of the gateway: a message as it came, the source that it came to, and why it was refused."""

from collections.abc import Mapping, Sequence
from typing import Final

from stream.gateway.sources import RefusedMessage, Source, receive
from stream.kafka.dead_letters import DETAIL_HEADER, REASON_HEADER, SOURCE_HEADER
from stream.kafka.letters import Letter
from stream.kafka.outbox import Outgoing
from stream.messages.topic_names import DEAD_LETTERS


def letter_of(source: str, refused: RefusedMessage) -> Outgoing:
    """The dead letter of a message, byte for byte; its key is the source's name."""
    said = ((SOURCE_HEADER, source), (REASON_HEADER, refused.reason.value), (DETAIL_HEADER, refused.detail))
    return Outgoing(
        DEAD_LETTERS,
        refused.value,
        source.encode(),
        headers=tuple((name, text.encode()) for name, text in said),
    )


ENVELOPE: Final[Mapping[str, str]] = {"Content-Type": "application/cloudevents+json"}
"""What the request said of a CloudEvent; a letter has none of its headers."""


def mapped_by(sources: Mapping[str, Source], letter: Letter) -> Sequence[Outgoing]:
    """The events that a refused message becomes by now, all of it or nothing; `sources` are by name."""
    source, value = sources.get(letter.source or ""), letter.value or b""
    if source is None:
        return ()
    headers = ENVELOPE if b'"specversion"' in value else {}
    found = receive(source, headers, value, letter.at_ms / 1000)
    events = () if found.refused else found.events
    return [Outgoing(event.topic, event.value, event.key) for event in events]
