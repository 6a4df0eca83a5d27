"""Dead letters read back: where a record came from, why it was refused, and the record as it came."""

import base64
import re
from dataclasses import dataclass
from typing import Any, Final

from alerts.transitions import utc_text
from stream.kafka.dead_letters import (
    CUT,
    DETAIL_HEADER,
    FORM_HEADER,
    GATEWAY_HEADERS,
    HEADERS,
    NOTHING,
    OFFSET_HEADER,
    PARTITION_HEADER,
    REASON_HEADER,
    SOURCE_HEADER,
    TOPIC_HEADER,
    WHOLE,
)
from stream.messages.outcomes import Reason
from stream.messages.topic_names import INPUTS, TALLIES

_PLACE: Final = re.compile("[0-9]{1,18}")
TOPICS: Final = (*INPUTS, TALLIES)
"""Where refused records come from."""
REASONS: Final = tuple(reason.value for reason in Reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter, written at `at_ms`.

    Key, value and headers are the original's, byte for byte, unless `form` begins with `CUT`.  One of the
    gateway has a `source` in place of topic ("") and offset: it never was a record.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    source: str | None = None
    form: str = WHOLE

    @property
    def place(self) -> str:
        """Where it came from, for people."""
        return f"{self.topic}/{self.partition}@{self.offset}" if self.source is None else self.source

    @property
    def is_whole(self) -> bool:
        """Whether the record is all there."""
        return not self.form.startswith(CUT)


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """Which dead letters are meant; None: any."""

    topic: str | None = None
    reason: str | None = None
    since_ms: int = 0

    def holds(self, letter: Letter) -> bool:
        """Whether it is one of them."""
        return (
            self.topic in (None, letter.topic)
            and self.reason in (None, letter.reason)
            and letter.at_ms >= self.since_ms
        )


def read(record: Any) -> Letter | None:
    """The dead letter in an aiokafka ConsumerRecord; None where its headers are not ours.

    Our headers are the last of each name: the record may have had some of the same name.
    """
    if tuple(name for name, _ in record.headers) == GATEWAY_HEADERS:
        return _of_gateway(record)
    count = len(HEADERS)
    if tuple(name for name, _ in record.headers[-count:]) != HEADERS:
        return None
    said = {name: (text or b"").decode(errors="replace") for name, text in record.headers[-count:]}
    known = said[TOPIC_HEADER] in TOPICS and said[REASON_HEADER] in REASONS
    places = (said[PARTITION_HEADER], said[OFFSET_HEADER])
    if not known or not all(map(_PLACE.fullmatch, places)):
        return None
    headers, form = tuple(record.headers[:-count]), WHOLE
    if headers and headers[-1][0] == FORM_HEADER:
        form = (headers[-1][1] or b"").decode(errors="replace")
        headers = headers[:-1]
    return Letter(
        topic=said[TOPIC_HEADER],
        partition=int(said[PARTITION_HEADER]),
        offset=int(said[OFFSET_HEADER]),
        reason=said[REASON_HEADER],
        detail=said[DETAIL_HEADER],
        at_ms=record.timestamp,
        key=record.key,
        value=None if form == NOTHING else record.value,
        headers=headers,
        form=form,
    )


def _of_gateway(record: Any) -> Letter | None:
    said = {name: (text or b"").decode(errors="replace") for name, text in record.headers}
    if said[REASON_HEADER] not in REASONS:
        return None
    reason, detail = said[REASON_HEADER], said[DETAIL_HEADER]
    return Letter(
        topic="",
        partition=-1,
        offset=-1,
        reason=reason,
        detail=detail,
        at_ms=record.timestamp,
        key=record.key,
        value=record.value,
        headers=(),
        source=said[SOURCE_HEADER],
    )


def as_object(letter: Letter) -> dict[str, object]:
    """For JSON: bytes as text where they are UTF-8, else in base64 under a name that says so."""
    where: dict[str, object] = {"source": letter.source}
    if letter.source is None:
        where = {"topic": letter.topic, "partition": letter.partition, "offset": letter.offset}
    return {
        **where,
        "reason": letter.reason,
        "detail": letter.detail,
        **({} if letter.is_whole else {"form": letter.form}),
        "at": utc_text(letter.at_ms),
        **_shown("key", letter.key),
        **_shown("value", letter.value),
        "headers": [{"name": name, **_shown("value", value)} for name, value in letter.headers],
    }


def _shown(name: str, data: bytes | None) -> dict[str, str | None]:
    if data is None:
        return {name: None}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}
