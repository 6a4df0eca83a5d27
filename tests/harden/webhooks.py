"""Webhooks at a real gateway's server: sound ones, and those that only look it, each with its true status.

`python -m tests.harden.webhooks --seed 1 --requests 5000`.  Every vendor's requests are signed as the vendor
signs, then damaged by a seed: in the bytes that are signed, in stamps, ids and signatures, in how the body is
packed, cut and announced.  What is sound is 200 and written byte for byte as ever; what is not is told so; no
answer says that we failed.  Exit code 0 when all of that holds; the report is JSON.
"""

import argparse
import asyncio
import gzip
import json
import logging
import random
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from stream.gateway.bodies import MAX_BODY
from stream.gateway.kind_files import kind
from stream.gateway.lanes import Publishable
from stream.gateway.metrics import GatewayMetrics
from stream.gateway.server import Gateway
from stream.gateway.source_file import parse_sources, resolved
from tests.webhooks import WEBHOOKS, Webhook

WAIT_S: Final = 5.0
AT_ONCE: Final = 16
ODD_VALUES: Final = (
    b"\xff\xfe", "²".encode(), "١٢".encode(), b"", b"-1", b"9" * 14, b"1e9", b"0x10", b"\x7f", b"nan",
    b" ,; ", b"sha256=", b"v1,", "é".encode(), b"\xed\xa0\x80", b"a" * 3_000, b"1 " * 900,
)  # fmt: skip
"""Of headers: bytes that are no text, digits that are none of ours, and much of it."""
REFUSED: Final = frozenset({400, 401})


@dataclass(frozen=True, slots=True)
class Shot:
    """Bytes of a request, the statuses that are true of it, and what was done to it."""

    sent: bytes
    true: frozenset[int]
    what: str
    events: int = 0


@dataclass(slots=True)
class Taker:
    """Takes all records, as Kafka would."""

    records: list[Publishable] = field(default_factory=list)
    waiting_bytes: int = 0

    async def publish(self, records: Sequence[Publishable]) -> None:
        """Take them."""
        self.records += records

    def trouble(self) -> str | None:
        """There is none."""
        return None


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self.said.append(record.getMessage())


def path_of(number: int) -> str:
    """Where the requests of a webhook come in."""
    return f"/in/0123456789abcdef{number}"


def gateway(publisher: Any) -> Gateway:
    """A gateway with a source for each webhook, with its secret where the vendor signs."""
    entries, environment = [], {}
    for number, webhook in enumerate(WEBHOOKS):
        entry = {"name": f"s{number}", "kind": webhook.kind, "path": path_of(number), **webhook.settings}
        if kind(webhook.kind).signature is not None:
            entry["secret_env"] = f"SECRET{number}"
            environment[f"SECRET{number}"] = webhook.secret
        entries.append(entry)
    text = yaml.safe_dump({"sources": entries})
    sources = resolved(parse_sources(text, "s.yaml", Path()), environment)
    return Gateway(sources, publisher, GatewayMetrics(sources))


class Shots:
    """Requests by a seed."""

    def __init__(self, seed: int) -> None:
        self._dice: Final = random.Random(seed)

    def next(self) -> Shot:
        """One more."""
        dice = self._dice
        number = dice.randrange(len(WEBHOOKS))
        webhook = WEBHOOKS[number]
        headers = {name: value.encode() for name, value in webhook.signed().items()}
        kinds = [self._sound, self._packed, self._cut_up, self._announced, self._large, self._odd_header]
        if kind(webhook.kind).signature is not None:
            kinds += [self._unsigned, self._changed, self._odd_proof, self._odd_proof]
        return dice.choice(kinds)(number, webhook, headers)

    def _sound(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        cased = {
            self._dice.choice((name, name.upper(), name.lower())): each for name, each in headers.items()
        }
        return Shot(posted(number, cased, webhook.raw), OK, "sound", len(webhook.events))

    def _packed(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        raw = webhook.raw
        body, coding, true = self._dice.choice((
            (gzip.compress(raw), b"gzip", OK),
            (gzip.compress(raw), b" GZip ", OK),
            (zlib.compress(raw), b"deflate", OK),
            (raw, b"identity", OK),
            (raw, b"br", frozenset({415})),
            (raw, b"\xff", frozenset({415})),
            (gzip.compress(bytes(MAX_BODY + 1)), b"gzip", frozenset({413})),
        ))  # fmt: skip
        sent = posted(number, {**headers, "Content-Encoding": coding}, body)
        return Shot(sent, true, f"packed {coding!r}", len(webhook.events) if true is OK else 0)

    def _cut_up(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        """In chunks, sound or not."""
        raw, dice = webhook.raw, self._dice
        size = dice.choice((1, 7, 1_000))
        parts = [raw[at : at + size] for at in range(0, len(raw), size)]
        extension = dice.choice((b"", b";x=y"))
        chunks = [b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts]
        end = b"0\r\n\r\n"
        if dice.random() < 0.4:
            chunks.insert(
                dice.randrange(len(chunks) + 1),
                dice.choice((b"zz\r\n", b"-5\r\nhello\r\n", b"fffffffffffffffff\r\n")),
            )
            return Shot(chunked(number, headers, b"".join(chunks) + end), BAD, "chunks that are none")
        return Shot(chunked(number, headers, b"".join(chunks) + end), OK, "chunks", len(webhook.events))

    def _announced(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        """A length that is none, or two of them, or a length and chunks."""
        lengths = self._dice.choice((
            (b"Content-Length: -1",), (b"Content-Length: 1e3",), (b"Content-Length: 5", b"Content-Length: 6"),
            (b"Content-Length: 4, 4",), (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
            ("Content-Length: ٤".encode(),), (b"Transfer-Encoding: chunked, identity",),
        ))  # fmt: skip
        head = head_of(number, headers) + list(lengths)
        return Shot(b"\r\n".join(head) + b"\r\n\r\n" + webhook.raw, BAD, f"announced {lengths}")

    def _large(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:  # noqa: ARG002
        over = MAX_BODY + self._dice.choice((1, 2**40))
        head = [*head_of(number, headers), b"Content-Length: %d" % over]
        return Shot(b"\r\n".join(head) + b"\r\n\r\n" + b"x" * 100, frozenset({413}), "large")

    def _odd_header(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        """A header that is none of the vendor's: what is sound stays so, or the request is refused."""
        name = self._dice.choice(
            ("User-Agent", "X-Forwarded-For", "Cookie", "WebHook-Request-Origin", "Expect", "Origin")
        )
        value = self._dice.choice(ODD_VALUES)
        return Shot(
            posted(number, {**headers, name: value}, webhook.raw), OK | BAD, f"{name}: {value[:20]!r}"
        )

    def _unsigned(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        signature = kind(webhook.kind).signature
        assert signature is not None
        left = {name: each for name, each in headers.items() if name != signature.header}
        return Shot(posted(number, left, webhook.raw), frozenset({401}), "unsigned")

    def _changed(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        """Other bytes than those that are signed, of the same meaning or another."""
        raw, dice = webhook.raw, self._dice
        place = dice.randrange(len(raw))
        body = dice.choice((
            b" " + raw, raw + b"\n", b"\xef\xbb\xbf" + raw, raw.replace(b":", b": ", 1),
            raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :], raw[:-1], raw.decode().encode("utf-16"),
                b"[" * 5_000,
        ))  # fmt: skip
        true = REFUSED if body != raw else OK
        return Shot(posted(number, headers, body), true, "changed")

    def _odd_proof(self, number: int, webhook: Webhook, headers: dict[str, bytes]) -> Shot:
        """What proves it is odd: the signature, its stamp or its id."""
        signature = kind(webhook.kind).signature
        assert signature is not None
        names = [each for each in (signature.header, signature.timestamp, signature.id) if each is not None]
        name, value = self._dice.choice(names), self._dice.choice(ODD_VALUES)
        true = BAD if value == b"\x7f" else REFUSED
        what = f"{webhook.kind} {name}: {value[:20]!r}"
        return Shot(posted(number, {**headers, name: value}, webhook.raw), true, what)


OK: Final = frozenset({200})
BAD: Final = frozenset({400, 0})
"""Refused as no request at all; the connection may end without a word."""


def head_of(number: int, headers: dict[str, bytes]) -> list[bytes]:
    """Lines of a request's head, without its length."""
    lines = [f"{name}: ".encode() + value for name, value in headers.items()]
    return [f"POST {path_of(number)} HTTP/1.1".encode(), b"Host: x", *lines]


def posted(number: int, headers: dict[str, bytes], body: bytes) -> bytes:
    """A request with its length."""
    return b"\r\n".join([*head_of(number, headers), b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


def chunked(number: int, headers: dict[str, bytes], chunks: bytes) -> bytes:
    """A request in chunks."""
    return b"\r\n".join([*head_of(number, headers), b"Transfer-Encoding: chunked"]) + b"\r\n\r\n" + chunks


async def statuses(port: int, sent: bytes, slices: int, most: int) -> list[int]:
    """Of the first `most` answers on one connection; the bytes are sent in so many slices."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        size = -(-len(sent) // slices)
        for at in range(0, len(sent), size):
            writer.write(sent[at : at + size])
            await asyncio.sleep(0)
        got = b""
        while len(_read(got)) < most and (more := await asyncio.wait_for(reader.read(2**16), WAIT_S)):
            got += more
        return _read(got)
    except (TimeoutError, ConnectionError):
        return []
    finally:
        writer.close()


def _read(text: bytes) -> list[int]:
    """Statuses of answers that follow each other."""
    found = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        found.append(int(head.split(b" ", 2)[1]))
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        text = text[int(lengths[0].partition(b":")[2]) :] if lengths and found[-1] >= 200 else text
    return [each for each in found if each != 100]


async def fired(seed: int, requests: int) -> dict[str, Any]:
    """One run; the report, with what went wrong under `wrong`."""
    taker, errors, shots = Taker(), _Errors(), Shots(seed)
    dice, began_s = random.Random(seed), time.monotonic()
    logging.getLogger().addHandler(errors)
    server = gateway(taker)
    wrong: list[str] = []
    counted: Counter[int] = Counter()
    events = 0
    port = await server.start("127.0.0.1", 0)

    async def one(shot: Shot) -> None:
        nonlocal events
        follows = Shots(dice.randrange(2**32))._sound(
            0, WEBHOOKS[0], {k: v.encode() for k, v in WEBHOOKS[0].signed().items()}
        )
        pipelined = shot.true == OK and dice.random() < 0.3
        sent = shot.sent + follows.sent * pipelined
        got = await statuses(port, sent, dice.choice((1, 1, 2, 40)), 1 + pipelined)
        counted.update(got)
        first = got[0] if got else 0
        if first not in shot.true or (pipelined and got != [200, 200]):
            wrong.append(f"{shot.what}: want {sorted(shot.true)}, got {got}")
        if shot.true == OK:
            events += shot.events + follows.events * pipelined

    try:
        for at in range(0, requests, AT_ONCE):
            await asyncio.gather(*(one(shots.next()) for _ in range(min(AT_ONCE, requests - at))))
    finally:
        await server.stop()
        logging.getLogger().removeHandler(errors)
    wrong += [f"logged: {said}" for said in dict.fromkeys(errors.said)]
    return {
        "seed": seed, "requests": requests, "seconds": round(time.monotonic() - began_s, 1),
        "statuses": dict(sorted(counted.items())), "events": events, "wrong": wrong,
    }  # fmt: skip


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=5_000)
    options = parser.parse_args()
    report = asyncio.run(fired(options.seed, options.requests))
    sys.stdout.write(json.dumps(report) + "\n")
    return int(bool(report["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
