"""Codecs: what a compressed batch holds, and never more than so much of it.

A megabyte of zeros takes thirty bytes in zstd.  Kafka limits what a batch has on the wire and not what it
unfolds to, so the limit is ours: unfolding stops at it, and whoever asked gets the beginning.
"""

import struct
import zlib
from collections.abc import Callable
from typing import Final

import cramjam
import numpy as np

MOST_UNFOLDED: Final = 128 * 2**20
"""A hundred times what brokers take as a batch unless told otherwise: no batch of events comes near."""
MOST_SHOWN: Final = 2**20 + 1
"""Bytes of a batch that cannot be read: one more than an event may have, so that it is told as too large
where it is."""
GZIPPED: Final = 1
"""Kafka's number of gzip."""
GZIP: Final = 31
"""zlib's window bits for a gzip header and the largest window."""
GZIP_PIECE: Final = 16 * 2**10
"""Bytes that are unfolded at a time: a megabyte may hold fifty thousand members."""
XERIAL: Final = b"\x82SNAPPY\x00"
"""How Java's snappy begins: blocks with their lengths follow, after two numbers of four bytes."""
XERIAL_HEAD: Final = 16


class UnfoldError(Exception):
    """The data cannot be unfolded; `head` is how far it went."""

    def __init__(self, told: str, head: bytes) -> None:
        super().__init__(told)
        self.head = head


def unfold(codec: int, data: bytes, most: int = MOST_UNFOLDED) -> bytes:
    """What `data` holds, by Kafka's number of the codec (0: as it is).

    Raises:
        UnfoldError: there is no such codec, the data are not of it, or hold more than `most` bytes.
    """
    if codec == 0:
        return data
    if codec not in _CODECS:
        raise UnfoldError(f"unknown codec {codec}", data)
    return _CODECS[codec](data, most)


def _gzip(data: bytes, most: int) -> bytes:
    """Members after each other are one text (RFC 1952); in pieces, as the rest is copied for each."""
    found, at, rest = bytearray(), 0, memoryview(data)
    stream = zlib.decompressobj(GZIP)
    try:
        while at < len(rest):
            stream = zlib.decompressobj(GZIP) if stream.eof else stream
            piece = rest[at : at + GZIP_PIECE]
            found += stream.decompress(piece, most + 1 - len(found))
            if len(found) > most:
                raise _too_much(_head(found), most)
            at += len(piece) - len(stream.unused_data)
    except zlib.error as error:
        raise UnfoldError(f"not gzip: {error}", _head(found)) from error
    if rest and not stream.eof:
        raise UnfoldError("gzip that was cut short", _head(found))
    return bytes(found)


def _head(found: bytearray) -> bytes:
    """As much as is ever shown: a copy of all of it would double what a bomb takes."""
    return bytes(memoryview(found)[:MOST_SHOWN])


def _snappy(data: bytes, most: int) -> bytes:
    blocks = _xerial_blocks(data) if data.startswith(XERIAL) else [data]
    found = bytearray()
    try:
        for block in blocks:
            if len(found) + cramjam.snappy.decompress_raw_len(block) > most:
                raise _too_much(bytes(found), most)
            found += bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise UnfoldError(f"not snappy: {error}", bytes(found)) from error
    return bytes(found)


def _xerial_blocks(data: bytes) -> list[bytes]:
    blocks, at = [], XERIAL_HEAD
    while at < len(data):
        try:
            (size,) = struct.unpack_from(">I", data, at)
        except struct.error as error:
            raise UnfoldError("snappy that was cut short", b"") from error
        blocks.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return blocks


def _into(name: str, into: Callable[..., int]) -> Callable[[bytes, int], bytes]:
    """A codec that unfolds into an array: pages that nothing is written to cost nothing."""

    def unfold_into(data: bytes, most: int) -> bytes:
        room = np.empty(most, np.uint8)
        try:
            return room[: into(data, room)].tobytes()
        except cramjam.DecompressionError as error:
            if "whole buffer" in str(error):
                raise _too_much(room.tobytes(), most) from error
            raise UnfoldError(f"not {name}: {error}", b"") from error

    return unfold_into


def _too_much(head: bytes, most: int) -> UnfoldError:
    return UnfoldError(f"it unfolds to more than {most} bytes", head)


_CODECS: Final[dict[int, Callable[[bytes, int], bytes]]] = {
    GZIPPED: _gzip,
    2: _snappy,
    3: _into("lz4", cramjam.lz4.decompress_into),
    4: _into("zstd", cramjam.zstd.decompress_into),
}
"""Kafka's numbers."""
