"""Sources: one configured webhook each, and what it does with a request's body.

Pure: headers and bytes in, checked events and dead letters out.  Nothing here knows HTTP or Kafka.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import orjson

from alerts.transitions import utc_text
from stream.gateway.bodies import Split, cloud_events, encoded, enveloped, messages
from stream.gateway.checking import CheckedEvent, checked
from stream.gateway.customers import NOBODY, Directory
from stream.gateway.verification import Signature, Verifier
from stream.importing.cells.faults import Fault, RowError
from stream.importing.conditions import Condition
from stream.importing.mapping import LogMapping
from stream.importing.objects import Ignored, Translator
from stream.importing.rows.json_rows import json_rows
from stream.messages.exact_json import exactly
from stream.messages.half_letters import without_halves
from stream.messages.outcomes import Reason, RecordError

META: Final = "@"
"""Where a mapping finds what is not in the body: `@.arrived` and `@.headers.NAME`, names in small letters."""


class Native(StrEnum):
    """Kinds whose messages are our own events."""

    EVENTS = "events"
    CLOUD_EVENTS = "cloudevents"


class Answers(StrEnum):
    """Which of the messages about one answer counts."""

    FIRST = "first"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A system: how it signs, what its tests look like, and how its messages map.

    Without a `mapping` its messages are our own events.  `finished` tells complete answers.
    """

    name: str
    signature: Signature | None = None
    tests: Sequence[Condition] = ()
    finished: Sequence[Condition] = ()
    mapping: LogMapping | None = None
    native: Native | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One entry of `sources.yaml`, its secrets read.

    `path` is a secret too.  `fill` are dimensions that events get unless they have them, `asked` the
    headers that the mapping looks at.
    """

    name: str
    kind: SourceKind
    path: str = field(repr=False)
    verifier: Verifier = field(default_factory=Verifier)
    answers: Answers = Answers.FIRST
    translator: Translator | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that became no event: its bytes, and why, without the customer's data."""

    value: bytes
    reason: Reason
    detail: str


@dataclass(slots=True)
class ReceivedBody:
    """What became of a body."""

    events: list[CheckedEvent] = field(default_factory=list)
    refused: list[RefusedMessage] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


SLICE: Final = 100
"""Messages of one body that are read without a pause."""
TEST: Final = "test"
"""Why a message is ignored, besides those of `Ignored`."""


def receive(
    source: Source, headers: Mapping[str, str], body: bytes, now_s: float, crm: Directory = NOBODY
) -> ReceivedBody:
    """What a body that is believed becomes.  `now_s` is when it arrived, Unix time.  Never raises.

    An event lacks what it does not say: the `crm` fills it, then the source's own `set`.
    """
    found = ReceivedBody()
    for _ in receive_in_slices(source, headers, body, now_s, crm, found):
        pass
    return found


def receive_in_slices(
    source: Source,
    headers: Mapping[str, str],
    body: bytes,
    now_s: float,
    crm: Directory,
    found: ReceivedBody,
) -> Iterator[None]:
    """The same into `found`, a slice at a time, so that a large body does not hold up other requests."""
    if not body.strip():
        found.ignored[TEST] += 1
        return
    try:
        split = _split(source, headers, body, now_s)
    except RecordError as error:
        found.refused.append(RefusedMessage(body, error.reason, error.detail))
        return
    if not split.messages:
        found.ignored[TEST] += 1
        return
    meta = {} if source.translator is None else _meta(source, headers, now_s)
    for number, message in enumerate(split.messages, 1):
        if number % SLICE == 0:
            yield
        try:
            _take(source, split.opened(message), meta, found, crm)
        except RecordError as error:
            found.refused.append(RefusedMessage(message, error.reason, error.detail))


def _split(source: Source, headers: Mapping[str, str], body: bytes, now_s: float) -> Split:
    if source.kind.native is None:
        return Split(messages(body, wrapped=not _reads_events(source.kind.mapping)))
    found = cloud_events(body, headers, now_s)
    if found is not None:
        return found
    if source.kind.native is Native.CLOUD_EVENTS:
        if b'"specversion"' in body:  # by a sender that calls it plain JSON
            return enveloped(body, now_s)
        raise RecordError(Reason.UNMAPPABLE, "body: want a CloudEvent, got neither envelope nor ce- headers")
    return Split(messages(body))


def _reads_events(mapping: LogMapping | None) -> bool:
    """Whether a mapping itself looks into `{"events": […]}`, so that it is one message."""
    looked_at = () if mapping is None else (mapping.format.each or "", *mapping.columns)
    return any(name.split(".")[0] == "events" for name in looked_at)


def asked_headers(mapping: LogMapping | None) -> tuple[str, ...]:
    """Names of headers that a mapping looks at, in small letters."""
    prefix = f"{META}.headers."
    columns = () if mapping is None else mapping.columns
    return tuple(sorted(name.removeprefix(prefix) for name in columns if name.startswith(prefix)))


def _meta(source: Source, headers: Mapping[str, str], now_s: float) -> Mapping[str, object]:
    """What the mapping asks of the request itself."""
    arrived = utc_text(round(now_s * 1000))
    return {"arrived": arrived, "headers": {name: headers[name] for name in source.asked if name in headers}}


def _take(
    source: Source, message: bytes, meta: Mapping[str, object], found: ReceivedBody, crm: Directory
) -> None:
    """One message, all of it or nothing.

    Raises:
        RecordError: no sound event can be made of it.
    """
    if source.translator is None:
        found.events.append(checked(_filled(message, source.fill, crm) if source.fill or crm else message))
        return
    value = _parsed(message)
    if source.kind.tests:
        row = next(json_rows(value))
        if any(condition.holds(row, None, last=True) for condition in source.kind.tests):
            found.ignored[TEST] += 1
            return
    value[META] = meta
    try:
        made = source.translator.translate(value)
    except RowError as error:
        raise RecordError(Reason.UNMAPPABLE, _without_data(error)) from None
    found.events += [
        checked(encoded({**source.fill, **crm.known(_customer(event)), **event})) for event in made.events
    ]
    found.ignored.update(str(why.value) for why in made.ignored)


def _parsed(message: bytes) -> dict[str, Any]:
    try:
        value = exactly(without_halves(message).decode())
    except UnicodeDecodeError as error:
        raise RecordError(Reason.BAD_ENCODING, f"message: want UTF-8, got byte {error.start} wrong") from None
    except orjson.JSONDecodeError as error:
        raise RecordError(Reason.NOT_JSON, f"message: want JSON, but {error.msg}") from None
    if not isinstance(value, dict):
        raise RecordError(Reason.NOT_OBJECT, "message: want a JSON object, got something else")
    return value


def _filled(message: bytes, fill: Mapping[str, str], crm: Directory) -> bytes:
    """The same with what it lacks; byte for byte the same where it lacks nothing that is known."""
    value = _parsed(message)
    known = {**fill, **crm.known(_customer(value))}
    lacking = {name: known[name] for name in known if value.get(name) is None}
    return encoded({**value, **lacking}) if lacking else message


def _customer(event: Mapping[str, Any]) -> str | None:
    customer = event.get("customer")
    return customer if isinstance(customer, str) else None


def _without_data(error: RowError) -> str:
    """What was wanted; what was found instead stays in the message."""
    told = str(error)
    if error.fault in {Fault.LOOKUP, Fault.TIME, Fault.NUMBER, Fault.SPOILED, Fault.SAME_ID}:
        told = told.partition(', got "')[0]
    return f"{error.fault}: {told}"


IGNORED: Final = (TEST, *(str(why.value) for why in Ignored))
"""Every reason for which a message may be ignored."""
