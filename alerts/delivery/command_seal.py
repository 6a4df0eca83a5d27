"""Who may command: a signature over each record of cx.commands, made with a key that both ends have.

Whoever can write to the topic could otherwise silence everything.  The signature is HMAC-SHA256 over the
topic's name, a line end and the record's value, in base64, in the header `tocsin-signature: v1,…`.  A record
that comes a second time is not heard again: it may be an old silence that somebody has copied.

Where the broker's ACLs say who may write, `commands: trusted` in the rules file does without keys.
"""

import hmac
import os
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from alerts.delivery import commands
from alerts.delivery.commands import Command, SilenceCommand
from alerts.errors import SettingsError
from alerts.rules import CommandTrust
from alerts.secret_files import read_secret

HEADER: Final = "tocsin-signature"
VERSION: Final = b"v1,"
LEAST_KEY: Final = 16
"""Characters of a key; `openssl rand -base64 32` makes one of 44."""
MOST_REMEMBERED: Final = 50_000
"""Signatures; a month of commands is far less, and cx.commands keeps a month."""
MOST_BYTES: Final = 16_384
"""Of a command."""
KEY_VARIABLE: Final = "TOCSIN_COMMANDS_KEY"


class CommandOutcome(StrEnum):
    """What became of a record of cx.commands."""

    ACCEPTED = "accepted"
    OVER = "over"  # a verdict, which counts, on an alert that does not fire any more: no rule is armed again
    MALFORMED = "malformed"  # no command at all, or one that nobody knows
    NOT_SIGNED = "not_signed"
    WRONG_SIGNATURE = "wrong_signature"  # of another key, topic or value
    EMPTY_MATCH = "empty_match"  # a silence of everything
    REPEATED = "repeated"  # heard before, by its signature
    INTERNAL = "internal"  # our own fault


HEEDED: Final = frozenset({CommandOutcome.ACCEPTED, CommandOutcome.OVER})
"""What becomes of commands that are no refusal."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a record; `command` is there for what can be read, and heeded only if accepted."""

    outcome: CommandOutcome
    command: Command | None = None


class CommandSeal:
    """Signs commands, and hears those of one topic in its order.

    The first key signs; any of them is good for hearing, so that keys can be changed.
    """

    def __init__(self, topic: str, keys: Sequence[bytes], trust: CommandTrust = CommandTrust.SIGNED) -> None:
        self._topic = topic.encode()
        self._keys = tuple(keys)
        self._trust = trust
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    @property
    def hears(self) -> bool:
        """Whether any command can be accepted."""
        return bool(self._keys) or self._trust is CommandTrust.TRUSTED

    def headers(self, value: bytes) -> list[tuple[str, bytes]]:
        """The headers of a record with this value; none without a key."""
        return [(HEADER, VERSION + self._signature(key, value)) for key in self._keys[:1]]

    def hear(self, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> Heard:
        """What becomes of the next record."""
        if value is None or len(value) > MOST_BYTES:
            return Heard(CommandOutcome.MALFORMED)
        command = commands.decode(value)
        if command is None:
            return Heard(CommandOutcome.MALFORMED)
        if self._trust is CommandTrust.SIGNED and (outcome := self._why_not(value, headers)) is not None:
            return Heard(outcome, command)
        if isinstance(command, SilenceCommand) and not any(command.match.values()):  # what has no such label
            return Heard(CommandOutcome.EMPTY_MATCH, command)
        return Heard(CommandOutcome.ACCEPTED, command)

    def _why_not(self, value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> CommandOutcome | None:
        given = [text for name, text in headers if name == HEADER and text]
        if not given:
            return CommandOutcome.NOT_SIGNED
        good = [VERSION + self._signature(key, value) for key in self._keys]
        found = next((one for one in given[:4] for own in good if hmac.compare_digest(one, own)), None)
        if found is None:
            return CommandOutcome.WRONG_SIGNATURE
        if found in self._seen:
            return CommandOutcome.REPEATED
        self._seen[found] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return None

    def _signature(self, key: bytes, value: bytes) -> bytes:
        return b64encode(hmac.digest(key, self._topic + b"\n" + value, "sha256"))


def read_keys(file: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[bytes, ...]:
    """The keys in a file, else those of `TOCSIN_COMMANDS_KEY`, apart by white space; maybe none.

    Raises:
        SettingsError: the file cannot be read, or a key is too short to be one.
    """
    place = KEY_VARIABLE if file is None else f"--commands-key-file: {file}"
    try:
        text = environment.get(KEY_VARIABLE, "") if file is None else read_secret(file)
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(f"{place}: want a readable text file: {told}") from error
    keys = tuple(key.encode() for key in text.split())
    if file is not None and not keys:
        raise SettingsError(f"{place}: want a key such as `openssl rand -base64 32` makes, got nothing")
    if any(len(key) < LEAST_KEY for key in keys):
        raise SettingsError(f"{place}: want keys of {LEAST_KEY} characters or more, got a shorter one")
    return keys
