"""Dead letters of the gateway: a message as it came, the source that it came to, and why it was refused."""

from stream.gateway.sources import RefusedMessage
from stream.kafka.dead_letters import DETAIL_HEADER, REASON_HEADER, SOURCE_HEADER
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
