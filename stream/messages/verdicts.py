"""Verdicts: that somebody says of an alert that it is known, as its judge learns it through cx.tallies.

People say it on cx.commands, which judges do not read: a judge is a function of its partition of cx.tallies.
So whoever hears the command writes it there as well.  It takes effect after the panes that the records before
it have closed, and before those that the records after it close; whoever reads the log again does the same.

It may come several times, as every worker hears commands.  It names an episode, which ends with the first of
them, so the others change nothing.  A version that knows no verdicts finds no section in it, says so in its
log, and passes over it.
"""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from alerts.errors import UNREADABLE
from alerts.states import Known
from stream.messages.seals import BLANK, broken, sealed

_START: Final = b"\x95\xa7verdict"
"""A msgpack array of five that begins with this word; a section begins with its kind."""


@dataclass(frozen=True, slots=True)
class VerdictMessage:
    """What somebody says of the alert with an id, in the command at an offset of cx.commands."""

    alert: str
    verdict: Known
    command: int


class _Wire(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    kind: Literal["verdict"]
    alert: str
    verdict: Known
    command: int
    seal: bytes


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Wire)


def is_verdict(value: bytes) -> bool:
    """Whether a record of cx.tallies is a verdict, and no section."""
    return value.startswith(_START)


def encode(said: VerdictMessage, shard: int) -> bytes:
    """The value of a record in the partition of cx.tallies that the alert's judge reads."""
    wire = _Wire("verdict", said.alert, said.verdict, said.command, BLANK)
    return sealed(_ENCODER.encode(wire), shard)


def decode(value: bytes, shard: int) -> VerdictMessage:
    """The verdict in a record in the partition of this judge.

    Raises:
        msgspec.DecodeError: the value is none, or not as it was written there.
    """
    try:
        wire = _DECODER.decode(value)
    except UNREADABLE as error:
        raise msgspec.DecodeError("not a verdict") from error
    if not wire.seal or broken(value, wire.seal, shard):
        raise msgspec.DecodeError("not a verdict, as its seal is broken")
    return VerdictMessage(wire.alert, wire.verdict, wire.command)
