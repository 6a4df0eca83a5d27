"""Verification: whether a request comes from whom it claims to, told from its raw bytes before parsing.

A signature is a keyed hash of a text made of the body and, with most systems, a time stamp.  What is
hashed, how, and where the result stands is declared (`Signature`), so one routine serves every vendor:

    Zendesk     signed "{timestamp}{body}", base64
    Chatwoot    signed "{timestamp}.{body}", hex after "sha256="
    Formbricks  signed "{id}.{timestamp}.{body}", base64 after "v1,", several allowed (Standard Webhooks)
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from alerts.errors import UNREADABLE
from stream.columnar.timestamps import NO_TIME, read_time

TOLERANCE_S: Final = 300.0
"""How far a signed stamp may be from our clock, either way, unless the source says otherwise."""

AUTHORIZATION: Final = "authorization"
ALGORITHMS: Final[Mapping[str, Callable[[], "hashlib._Hash"]]] = {
    "hmac-sha256": hashlib.sha256,
    "hmac-sha1": hashlib.sha1,
    "hmac-sha512": hashlib.sha512,
}


class Encoding(StrEnum):
    """How a signature is written into its header."""

    HEX = "hex"
    BASE64 = "base64"


class KeyForm(StrEnum):
    """How a secret becomes the key of the hash."""

    TEXT = "text"  # its bytes as they are
    WHSEC = "whsec"  # Standard Webhooks: base64, after `whsec_` if that is there


class Covers(StrEnum):
    """What of a body the signature covers."""

    BODY = "body"
    FIRST = "first"  # of an array only the first item: whoever forges the others is not found out


class Refusal(StrEnum):
    """Why a request is not believed; all of them answer 401."""

    NO_SIGNATURE = "no_signature"
    BAD_SIGNATURE = "bad_signature"
    NO_STAMP = "no_stamp"
    STALE_STAMP = "stale_stamp"
    BAD_TOKEN = "bad_token"  # noqa: S105  # a name, not a password
    UNSIGNED_TAIL = "unsigned_tail"  # items of an array that the signature does not cover


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a system signs.  `signed` may name {body}, {timestamp} and {id}; headers are case-insensitive."""

    header: str
    algorithm: str = "hmac-sha256"
    signed: str = "{body}"
    encoding: Encoding = Encoding.HEX
    prefix: str = ""
    timestamp: str | None = None
    id: str | None = None
    tolerance_s: float = TOLERANCE_S
    key: KeyForm = KeyForm.TEXT
    covers: Covers = Covers.BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """All that a source demands.  `tokens` are headers with the exact values of which each must have one.

    Several `secrets` or values are good at a time while one is changed: what was sent before comes later.
    """

    signature: Signature | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def check_secrets(self) -> None:
        """Look at the secrets' form.

        Raises:
            ValueError: one is not as declared.
        """
        if self.signature is not None:
            for secret in self.secrets:
                _key(self.signature.key, secret)

    def refusal(self, headers: Mapping[str, str], body: bytes, now_s: float) -> Refusal | None:
        """Why the request is not believed, None when it is.  `now_s` is Unix time.

        Every comparison takes the same time wherever the difference is.
        """
        for name, values in self.tokens.items():
            as_compared = _credentials if name.lower() == AUTHORIZATION else str
            given = _sent(as_compared(headers.get(name, "")))
            matches = [hmac.compare_digest(given, as_compared(each).encode()) for each in values]
            if not any(matches):
                return Refusal.BAD_TOKEN
        if self.signature is None or not self.secrets:
            return None
        refused = _unsigned_tail(self.signature, body) if not self.tokens else None
        return refused or _unsigned(self.signature, self.secrets, headers, body, now_s)


def signed_with(signature: Signature, secret: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The signature that a request with this body should carry, prefix included.

    Raises:
        ValueError: the secret is not of the declared form.
    """
    content = body if signature.covers is Covers.BODY else _first(body)
    parts = {"{body}": content, "{timestamp}": b"", "{id}": b""}
    for hole, name in (("{timestamp}", signature.timestamp), ("{id}", signature.id)):
        if name is not None:
            parts[hole] = _sent(headers.get(name, ""))
    digest = hmac.new(
        _key(signature.key, secret), _filled(signature.signed, parts), _hash(signature)
    ).digest()
    shown = base64.b64encode(digest) if signature.encoding is Encoding.BASE64 else digest.hex().encode()
    return signature.prefix.encode() + shown


def _unsigned(
    signature: Signature, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now_s: float
) -> Refusal | None:
    given = headers.get(signature.header, "").split()
    if not given:
        return Refusal.NO_SIGNATURE
    if signature.timestamp is not None:
        stale = _stale(headers.get(signature.timestamp, ""), now_s, signature.tolerance_s)
        if stale is not None:
            return stale
    wanted = [signed_with(signature, secret, headers, body) for secret in secrets]
    shown = [_comparable(each, signature) for each in given]
    matches = [hmac.compare_digest(each, signed) for each in shown for signed in wanted]
    return None if any(matches) else Refusal.BAD_SIGNATURE


def _unsigned_tail(signature: Signature, body: bytes) -> Refusal | None:
    """An array whose items after the first nothing vouches for."""
    if signature.covers is Covers.BODY or not body.lstrip().startswith(b"["):
        return None
    try:
        several = len(msgspec.json.decode(body, type=list[msgspec.Raw])) > 1
    except UNREADABLE:
        return None
    return Refusal.UNSIGNED_TAIL if several else None


def stamp_ms(stamp: str) -> int:
    """When a stamp says that a request was sent (Unix ms), in whatever form times have; else NO_TIME."""
    number = stamp.isascii() and stamp.isdigit() and len(stamp) <= 14
    return read_time(int(stamp) if number else stamp)


def _stale(stamp: str, now_s: float, tolerance_s: float) -> Refusal | None:
    if not stamp:
        return Refusal.NO_STAMP
    at_ms = stamp_ms(stamp)
    if at_ms == NO_TIME or abs(at_ms / 1000 - now_s) > tolerance_s:
        return Refusal.STALE_STAMP
    return None


def _comparable(given: str, signature: Signature) -> bytes:
    """Hex in either case."""
    if signature.encoding is Encoding.HEX and given.startswith(signature.prefix):
        given = signature.prefix + given[len(signature.prefix) :].lower()
    return _sent(given)


def _credentials(value: str) -> str:
    """What `Authorization` says, whose scheme may be in any case, and several blanks behind it (RFC 9110)."""
    scheme, blank, rest = value.partition(" ")
    return f"{scheme.lower()} {rest.lstrip(' ')}" if blank else value


def _sent(value: str) -> bytes:
    """A header's value as it was sent: bytes that are no UTF-8 stand in it as halves of characters."""
    return value.encode("utf-8", "surrogateescape")


def _filled(template: str, parts: Mapping[str, bytes]) -> bytes:
    made = b""
    rest = template
    while rest:
        found = min(((rest.find(hole), hole) for hole in parts if hole in rest), default=None)
        if found is None:
            return made + rest.encode()
        at, hole = found
        made += rest[:at].encode() + parts[hole]
        rest = rest[at + len(hole) :]
    return made


def _first(body: bytes) -> bytes:
    """The first item of an array, byte for byte; anything else whole."""
    if not body.lstrip().startswith(b"["):
        return body
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except UNREADABLE:
        return body
    return bytes(items[0]) if items else body


def _hash(signature: Signature) -> Callable[[], "hashlib._Hash"]:
    return ALGORITHMS[signature.algorithm]


def _key(form: KeyForm, secret: str) -> bytes:
    if form is KeyForm.TEXT:
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("want whsec_ and base64") from None
