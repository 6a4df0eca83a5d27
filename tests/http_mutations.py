"""Requests that anybody may send to a web server: sound ones, damaged by a seed."""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

METHODS: Final = (
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"TRACE",
    b"CONNECT",
    b"get",
    b"G\xc3\xa9T",
    b"PRI",
)
VERSIONS: Final = (
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/9",
    b"HTP/1.1",
    b"",
)
HEADERS: Final = (
    b"Host: x",
    b"Host: " + b"x" * 5_000,
    b"Accept: */*;q=\xff",
    b"Accept-Encoding: gzip;q=9,,;=",
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 5, 6",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
    b"Upgrade: h2c",
    b"Connection: upgrade",
    b"Connection: keep-alive",
    b"Content-Encoding: gzip",
    b"Content-Encoding: zstd",
    b"Content-Encoding: deflate",
    b"Content-Type: application/json",
    b"Content-Type: multipart/form-data; boundary=\x00",
    b"X: \x00",
    b"X",
    b": x",
    b" folded",
    b"X: a\r\n b",
    b"Authorization: Bearer \xff\xfe",
    b"Authorization: Basic !!",
    b"Authorization: Bearer t0ken",
    b"Cookie: \x1b[2J",
    b"Range: bytes=0-",
    b"If-None-Match: *",
    b"X-Forwarded-For: 1.2.3.4",
    b"Last-Event-ID: 99999999999999999999",
)
BODIES: Final = (
    b"",
    b"{}",
    b"[" * 3_000,
    b'{"id":"1"}',
    b"\xff\xfe",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"-1\r\nx",
    b"0\r\n" + b"X: y\r\n" * 500,
    b"\x1f\x8b\x08\x00",
    b"x" * 20_000,
    b'{"score":1e999}',
    b"a=b&" * 200,
)
SUFFIXES: Final = (
    b"",
    b"?",
    b"?x=%00",
    b"?" + b"x" * 6_000,
    b"/../..",
    b"%2e%2e/",
    b"\xff",
    b"#f",
    b"//",
    b"%",
    b";",
)
WAIT_S: Final = 0.3
"""How long an answer is waited for: a server may also wait for more."""


def request(dice: random.Random, paths: Sequence[bytes]) -> bytes:
    """One request, sound or not."""
    target = dice.choice(paths) + (dice.choice(SUFFIXES) if dice.random() < 0.4 else b"")
    lines = [
        b" ".join((dice.choice(METHODS[: dice.choice((2, 3, len(METHODS)))]), target, dice.choice(VERSIONS)))
    ]
    lines += [dice.choice(HEADERS) for _ in range(dice.choice((0, 1, 2, 3, 100)))]
    whole = b"\r\n".join(lines) + b"\r\n\r\n" + dice.choice(BODIES)
    return _damaged(dice, whole) if dice.random() < 0.3 else whole


def _damaged(dice: random.Random, whole: bytes) -> bytes:
    place = dice.randrange(len(whole))
    match dice.randrange(4):
        case 0:
            return whole[:place]
        case 1:
            return whole[:place] + bytes([dice.randrange(256)]) + whole[place + 1 :]
        case 2:
            return whole.replace(b"\r\n", b"\n")
        case _:
            return whole * 3


async def answer(port: int, sent: bytes) -> bytes:
    """What comes back; nothing where the server waits for more, or cuts the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(64 * 1024), WAIT_S)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.close()
