"""Hostile records: mutations of sound events by a grammar of what goes wrong on the way, from a seed."""

import json
import random
from dataclasses import dataclass, field
from typing import Any, Final

from tests.event_builders import START_S

DIMS: Final = ("channel", "topic", "stage", "segment", "team", "product", "country", "variant")
TEXTS: Final = (
    "", " ", "phone", "PHONE ", "ﬁ", "İ" * 130, "x" * 129, "t" * 5000, "\x00", "\x1f", "\u202e", "a\nb",
    "(other)", "é", "-0", "0", "Infinity", "NaN", "null", "𝔘" * 200, "\x1b[2J", "=cmd()", "yes",
    "very satisfied",
)  # fmt: skip
NUMBERS: Final = (
    "-0.0", "-0", "0", "1e308", "-1e308", "1e-320", "5", "4.5", "1e400", "-1", "9" * 40, "0.1e1", "1E2",
    "253402300799999", "-62135596800", "4102444800000", "4102444799", "99999999999", "1e11", "00", "+1", ".5",
)  # fmt: skip
TIMES: Final = (
    "9999-12-31T23:59:59Z", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "2027-01-15T08:00:00é",
    "2027-01-15T08:00:00.9999999Z", "2027-01-15T08:00:00.123456789012345678901234567890Z", "1800000000", "",
    "2027-01-15t08:00:00.5z", "2027-01-15T08:00:00+0100", "2027-01-15 08:00:00-00:00", "2027-02-30T08:00:00Z",
    "1989-12-31T23:59:59Z", "2027-01-15T08:00:60Z", "２０２７-01-15T08:00:00Z",
)  # fmt: skip
JSON: Final = (
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[[]]",
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\xff"',
)
STAMPS: Final = (-1, 0, 1, 2**63 - 1, -(2**63), START_S * 1000, (START_S + 3500) * 1000, 253_402_300_799_999)
FIELDS: Final = (
    "id", "at", "customer", "case", "event", "outcome", "opened_at", "wait_s", "handle_s", "within_target",
    "indicator", "score", "scale", "interaction", "interaction_at", "comment", "lang", "reach", "consent",
    "zzz", *DIMS,
)  # fmt: skip
WIDE: Final = tuple(
    "{" + ",".join(f'"k{number}":{number}' for number in range(count)) + "}" for count in (9, 2000)
)
HEADER_NAMES: Final = ("ce_id", "ce_time", "", "tocsin-form", "tocsin-reason", "traceparent", "\x00")


@dataclass(frozen=True)
class HostileRecord:
    """A record as aiokafka would have it."""

    offset: int
    value: bytes | None
    timestamp: int | None = None
    key: bytes | None = None
    headers: tuple[tuple[str, Any], ...] = ()
    timestamp_type: int = 0


@dataclass
class Hostility:
    """A source of records, the same for the same seed; event times are before `now_s`, if it is given.

    With `clean` all of them are sound, to compare with.
    """

    seed: int
    now_s: float | None = None
    clean: bool = False
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def records(self, count: int, first: int = 0) -> list[HostileRecord]:
        """So many records, with offsets from `first` on; about one in four is sound."""
        return [self.record(offset) for offset in range(first, first + count)]

    def record(self, offset: int) -> HostileRecord:
        """One record."""
        pick = self._random
        if self.clean:
            return HostileRecord(offset, _text(self._event(offset)), round(self._at_s(offset)) * 1000, b"c1")
        value: bytes | None = self._value(offset)
        if pick.random() < 0.02:
            value = None
        key = pick.choice((None, b"", b"c1", b"\xff\xfe", b"k" * 300, b"c%d" % pick.randrange(50)))
        stamp = pick.choice(STAMPS) if pick.random() < 0.2 else round(self._at_s(offset)) * 1000
        if self.now_s is not None:  # a broker looks at timestamps itself, and lets an hour pass
            stamp = round((self.now_s + pick.choice((0, 0, 0, -700, 3500))) * 1000)
        return HostileRecord(offset, value, stamp, key, self._headers(), pick.choice((0, 0, 0, 1)))

    def _at_s(self, offset: int) -> float:
        """Of a running worker's clock most are in time, and one in five is up to ten minutes late."""
        if self.now_s is None:
            return START_S + offset % 3600
        return self.now_s - 1 - (offset % 3 if offset % 5 else offset % 600)

    def _headers(self) -> tuple[tuple[str, Any], ...]:
        pick = self._random
        if pick.random() < 0.8:
            return ()
        contents = (None, b"", b"\xff", b"x" * 200, b"h%d" % pick.randrange(9), b"2027-01-15T08:00:00Z")
        return tuple((pick.choice(HEADER_NAMES), pick.choice(contents)) for _ in range(pick.randrange(1, 4)))

    def _value(self, offset: int) -> bytes:
        pick = self._random
        fields = self._event(offset)
        for _ in range(pick.choice((0, 1, 1, 2, 3))):
            self._mutate(fields)
        data = _text(fields)
        return self._garbled(data) if pick.random() < 0.15 else data

    def _event(self, offset: int) -> list[tuple[str, str]]:
        """Names and JSON of a sound event of either kind."""
        pick = self._random
        event: dict[str, Any] = {
            "id": f"e{offset if pick.random() < 0.9 else pick.randrange(20)}",
            "at": self._at_s(offset) + pick.random(),
            "channel": pick.choice(("phone", "chat", "email")),
            "customer": f"c{pick.randrange(40)}",
            "topic": pick.choice(("bill", "refund")),
        }
        if pick.random() < 0.5:
            event |= {"indicator": "csat", "score": pick.randrange(1, 6), "interaction": f"e{offset - 1}"}
        else:
            event |= {"event": pick.choice(("contact", "resolved", "reopened", "transferred")), "wait_s": 3}
        return [
            (name, f'"{content}"' if isinstance(content, str) else str(content))
            for name, content in event.items()
        ]

    def _mutate(self, fields: list[tuple[str, str]]) -> None:
        pick = self._random
        name = pick.choice(FIELDS)
        match pick.randrange(8):
            case 0:
                content = json.dumps(pick.choice(TEXTS), ensure_ascii=pick.random() < 0.5)
            case 1:
                content = pick.choice(NUMBERS)
            case 2:
                content = json.dumps(pick.choice(TIMES), ensure_ascii=False)
                name = pick.choice(("at", "opened_at", "interaction_at"))
            case 3:
                content = pick.choice(JSON)
            case 4:
                depth = pick.choice((3, 255, 256, 257, 1500))
                content = pick.choice(
                    ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth)
                )
            case 5:
                content = pick.choice(WIDE)
            case 6 if fields:
                fields.pop(pick.randrange(len(fields)))
                return
            case _:
                name, content = pick.choice(("score", "wait_s", "reach")), pick.choice(NUMBERS)
        if pick.random() < 0.8:
            fields[:] = [(known, held) for known, held in fields if known != name]
        fields.insert(pick.randrange(len(fields) + 1), (name, content))

    def _garbled(self, data: bytes) -> bytes:
        pick = self._random
        place = pick.randrange(len(data) + 1)
        match pick.randrange(6):
            case 0:
                return data[:place]
            case 1:
                return data[:place] + bytes([pick.randrange(256)]) + data[place + 1 :]
            case 2:
                return (
                    data[:place]
                    + pick.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00", b'"', b"\\"))
                    + data[place:]
                )
            case 3:
                return b"\xef\xbb\xbf" + data
            case 4:
                return data + data
            case _:
                return data.replace(b"phone", b"Ren\xe9").replace(b"c1", b"\xe9")


def _text(fields: list[tuple[str, str]]) -> bytes:
    """The object with these names and contents."""
    text = "{" + ",".join([f'"{name}":{content}' for name, content in fields]) + "}"
    return text.encode("utf-8", "surrogatepass")
