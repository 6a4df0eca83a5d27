"""What a rules file may say of a receiver's kind, and where secrets are found when the worker starts.

A setting that may hold a secret (a URL may) can stand in the file itself, as `…_env` in the environment, or
as `…_file` in a file.
"""

import os
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from alerts.errors import SettingsError
from alerts.notation import duration_ms
from alerts.paging import Located, Receiver
from alerts.secret_files import read_secret

_PORT: Final = re.compile("[0-9]{1,5}")
_ADDRESS: Final = re.compile("[0-9.]+")
_LABEL_CHARS: Final = 63
"""Of what stands between the dots of a name, at the most."""

Settings = Mapping[str, tuple[str, ...]]
"""The values of a kind's settings, by name; what is not given is not there."""


class Want(Enum):
    """What a setting must be; the value is how messages say it."""

    URL = "an http or https URL"
    URLS = "http or https URLs"
    SECRET = "a secret as text"  # noqa: S105  # how messages name it
    SIGNING = "a secret as Standard Webhooks writes it, whsec_ and 24 to 64 bytes in base64"
    TEXT = "text"
    MAIL = "an e-mail address"
    MAILS = "e-mail addresses"
    SERVER = 'a server as "host:port"'
    CHOICE = "one of a closed list"
    DURATION = 'a duration such as "1m", of a second at least'


HIDDEN: Final = frozenset({Want.URL, Want.URLS, Want.SECRET, Want.SIGNING})
"""May hold a secret: never shown, and found in the environment or a file if asked."""
SEVERAL: Final = frozenset({Want.URLS, Want.SIGNING, Want.MAILS})
"""May be a list; in a variable or a file, apart by white space."""


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One setting of a kind."""

    name: str
    want: Want
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """The fields of the rules file that give it."""
        if self.want in HIDDEN:
            return self.name, f"{self.name}_env", f"{self.name}_file"
        return (self.name,)

    def complaint(self, value: str) -> str | None:
        """What is wrong with a value, without showing it; None when it is sound."""
        if self._sound(value):
            return None
        wanted = f"one of {', '.join(self.choices)}" if self.want is Want.CHOICE else self.want.value
        return f"want {wanted}" + (" (what was found is not shown)" if self.want in HIDDEN else "")

    def _sound(self, value: str) -> bool:
        match self.want:
            case Want.URL | Want.URLS:
                return is_url(value)
            case Want.SIGNING:
                return is_signing_secret(value)
            case Want.SERVER:
                host, colon, port = value.rpartition(":")
                return bool(host and colon) and bool(_PORT.fullmatch(port)) and 0 < int(port) < 65536
            case Want.MAIL | Want.MAILS:
                name, at, domain = value.rpartition("@")
                return bool(name and at and domain) and value.isprintable() and not set(value) & set(" ,;<>")
            case Want.CHOICE:
                return value in self.choices
            case Want.DURATION:
                return seconds_of(value) >= 1
            case Want.SECRET | Want.TEXT:
                return bool(value.strip()) and value.isprintable()


def seconds_of(text: str) -> float:
    """The length of a duration as rules files write it; 0 for what is none."""
    try:
        return duration_ms(text) / 1000
    except ValueError:
        return 0.0


def is_url(text: str) -> bool:
    """Whether it is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in {"http", "https"} and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False
    return sound and not any(character.isspace() for character in text)


def _is_host(name: str) -> bool:
    """Whether it is an address, or a name that may be somebody's; urlsplit has looked at those of IPv6.

    Raises:
        ValueError: it has digits and dots alone, as an address has, and is none.
    """
    if _ADDRESS.fullmatch(name):
        IPv4Address(name)
    return ":" in name or all(0 < len(label) <= _LABEL_CHARS for label in name.removesuffix(".").split("."))


def is_signing_secret(text: str) -> bool:
    """Whether it is 24 to 64 bytes in base64, with or without `whsec_` before."""
    try:
        return 24 <= len(b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except (NotBase64, ValueError):
        return False


def found(
    receiver: Receiver, specs: Collection[SettingSpec], environment: Mapping[str, str] = os.environ
) -> Settings:
    """The settings of a receiver with everything looked up.

    Raises:
        SettingsError: a variable or file is not there, or holds something else than what is wanted.
    """
    by_name = {spec.name: spec for spec in specs}
    return {
        name: _looked_up(receiver.name, by_name[name], value, environment)
        if isinstance(value, Located)
        else value
        for name, value in receiver.settings.items()
    }


def _looked_up(
    receiver: str, spec: SettingSpec, where: Located, environment: Mapping[str, str]
) -> tuple[str, ...]:
    place = f"receiver {receiver!r}: {where.place}"
    try:
        text = environment.get(where.env or "", "") if where.file is None else read_secret(Path(where.file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{place}: want a readable text file: {error}") from error
    values = tuple(text.split()) if spec.want in SEVERAL else (text.strip(),)
    for value in values or ("",):
        complaint = spec.complaint(value)
        if complaint is not None:
            raise SettingsError(f"{place}: {complaint.removesuffix(' (what was found is not shown)')}")
    return values
