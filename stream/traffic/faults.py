"""What bad producers do to good traffic: spoil records, send them twice, out of turn or late."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any, Final

import orjson

from alerts.rules import MINUTE_MS
from stream.messages.records import Stream
from stream.traffic.generator import Message
from stream.traffic.profiles import Mess


def messed(messages: Iterable[Message], mess: Mess, seed: int) -> Iterator[Message]:
    """The same messages as bad producers send them, in the order of `due_ms`."""
    random = Random(seed)  # noqa: S311  # traffic, not secrets
    pending: list[tuple[int, int, Message]] = []
    for number, message in enumerate(messages):
        while pending and pending[0][0] <= message.due_ms:
            yield heapq.heappop(pending)[2]
        for copy, sent in enumerate(_sent(message, mess, random)):
            heapq.heappush(pending, (sent.due_ms, 2 * number + copy, sent))
    yield from (heapq.heappop(pending)[2] for _ in range(len(pending)))


def _sent(message: Message, mess: Mess, random: Random) -> Iterator[Message]:
    """What becomes of one message: itself, delayed or spoiled, and perhaps a duplicate."""
    if random.random() < mess.bad:
        spoil = random.choice(SPOILERS_OF[message.stream])
        message = replace(message, value=spoil(message.value))
    elif random.random() < mess.late:
        message = replace(message, due_ms=message.due_ms + random.randint(MINUTE_MS, mess.late_ms))
    elif random.random() < mess.disordered:
        message = replace(message, due_ms=message.due_ms + random.randint(0, mess.disorder_ms))
    yield message
    if random.random() < mess.duplicates:
        yield replace(message, due_ms=message.due_ms + random.randint(0, MINUTE_MS))


def _with(**fields: Any) -> Callable[[bytes], bytes]:
    """Replaces fields of the event."""
    return lambda value: orjson.dumps(orjson.loads(value) | fields)


def _without(field: str) -> Callable[[bytes], bytes]:
    return lambda value: orjson.dumps({k: v for k, v in orjson.loads(value).items() if k != field})


Spoiler = Callable[[bytes], bytes]

SPOILERS: Final[tuple[Spoiler, ...]] = (
    lambda value: value[:-1],  # cut short
    lambda value: b"[" + value + b"]",  # not an object
    lambda value: value.replace(b'"channel":"', b'"channel":"\xe9', 1),  # Latin-1
    _without("channel"),
    _without("at"),
    _with(at="yesterday"),
    _with(at="1887-07-05T09:00:00Z"),
    _with(at="2999-01-01T00:00:00Z"),
    _with(id="x" * 200),
    _with(id=7),
)
SPOILERS_OF: Final[Mapping[Stream, tuple[Spoiler, ...]]] = {
    Stream.INTERACTIONS: (*SPOILERS, _with(event="pondered"), _with(wait_s=-3)),
    Stream.FEEDBACK: (*SPOILERS, _with(score=99), _with(indicator="happiness")),
}
"""Ways to be wrong, each as likely as the others."""
