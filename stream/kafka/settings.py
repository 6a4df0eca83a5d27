"""How to reach Kafka: the brokers, TLS and login, checked before anything connects."""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from alerts.errors import SettingsError
from alerts.secret_files import read_secret
from stream.kafka.parting import part_soon
from stream.messages.topic_names import GroupTopics

DEFAULT_BROKER: Final = "localhost:9092"
MAX_RECORD_BYTES: Final = 10 * 1024 * 1024
"""Largest record that we write (a section of cx.tallies, a dead letter with its headers)."""

READS: Final[Mapping[str, Any]] = {"isolation_level": "read_committed", "metadata_max_age_ms": 5_000}
"""Options of every consumer.

What a transaction has written and then taken back was never said.  Who leads is asked every five seconds:
a client (aiokafka 0.14) that looks for a partition's beginning at a broker that leads it no more is refused,
and asks the same one again, for five minutes otherwise; meanwhile it fetches nothing from that broker.
"""

_PLACE: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")

_PREFIX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class SecurityProtocol(StrEnum):
    """What Kafka calls `security.protocol`."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self in (SecurityProtocol.SSL, SecurityProtocol.SASL_SSL)

    @property
    def sasl(self) -> bool:
        """Whether the client logs in with name and password."""
        return self in (SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL)


class Mechanism(StrEnum):
    """SASL mechanisms that need no more than a name and a password."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How to reach Kafka.  Sound once made: a mistake is a `SettingsError` that names the option.

    `brokers` are `HOST:PORT`.  TLS files are PEM; without `tls_ca_file` the system's authorities are trusted.
    """

    brokers: tuple[str, ...] = (DEFAULT_BROKER,)
    security_protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    sasl_mechanism: Mechanism = Mechanism.PLAIN
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    client_id: str = "tocsin"
    topics: GroupTopics = field(default_factory=GroupTopics)

    def __post_init__(self) -> None:
        if self.security_protocol.sasl:
            self._check_login()
        elif self.sasl_username:
            raise SettingsError(
                f"--security-protocol: want SASL_PLAINTEXT or SASL_SSL for --sasl-username, "
                f"got {self.security_protocol}"
            )
        if self.security_protocol.tls:
            self.ssl_context()
        elif self.tls_ca_file or self.tls_cert_file or self.tls_key_file:
            raise SettingsError(
                f"--security-protocol: want SSL or SASL_SSL for --tls-… files, got {self.security_protocol}"
            )

    @property
    def bootstrap(self) -> str:
        """`HOST:PORT[,HOST:PORT…]`."""
        return ",".join(self.brokers)

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments for aiokafka's producer, consumer and admin client, which part soon then."""
        part_soon()
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.brokers),
            "client_id": self.client_id,
            "security_protocol": self.security_protocol.value,
        }
        if self.security_protocol.tls:
            options["ssl_context"] = self.ssl_context()
        if self.security_protocol.sasl:
            options["sasl_mechanism"] = self.sasl_mechanism.value
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        return options

    def ssl_context(self) -> ssl.SSLContext:
        """Trusts the given authority or the system's; shows our certificate where there is one.

        Raises:
            SettingsError: a file cannot be read or is not what the option asks for.
        """
        try:
            context = ssl.create_default_context(cafile=self.tls_ca_file)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"--tls-ca-file: want PEM certificates, got {self.tls_ca_file}: {error}"
            ) from error
        if self.tls_key_file and not self.tls_cert_file:
            raise SettingsError("--tls-cert-file: want the certificate of --tls-key-file, got nothing")
        if self.tls_cert_file:
            self._show(context, self.tls_cert_file)
        return context

    def _show(self, context: ssl.SSLContext, certificate: Path) -> None:
        try:
            # An empty password instead of OpenSSL's question on the terminal, which would hang a worker.
            context.load_cert_chain(certificate, self.tls_key_file, password=lambda: b"")
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"--tls-cert-file, --tls-key-file: want a PEM certificate and its unencrypted key, "
                f"got {certificate} and {self.tls_key_file or certificate}: {error}"
            ) from error

    def _check_login(self) -> None:
        if not self.sasl_username:
            raise SettingsError(f"--sasl-username: want a name for {self.security_protocol}, got nothing")
        if self.sasl_password is None:
            raise SettingsError(
                f"--sasl-password-file or TOCSIN_SASL_PASSWORD: want the password of {self.sasl_username!r}, "
                "got nothing"
            )


def parse_topics(prefix: str) -> GroupTopics:
    """The names of a group's topics with a prefix.

    Raises:
        SettingsError: it cannot begin the name of a topic.
    """
    return GroupTopics(_beginning("--topics: want a prefix", prefix, "cx."))


def parse_group(name: str) -> str:
    """A consumer group's name, which begins those of its snapshot topics.

    Raises:
        SettingsError: it cannot begin the name of a topic.
    """
    return _beginning("--group: want a name", name, "tocsin")


def _beginning(wanted: str, text: str, example: str) -> str:
    """A text that can begin the name of a topic."""
    if not _PREFIX.fullmatch(text):
        raise SettingsError(f"{wanted} of 1 to 100 letters, digits, . _ or - such as {example}, got {text!r}")
    return text


def parse_brokers(text: str) -> tuple[str, ...]:
    """`HOST:PORT[,HOST:PORT…]`, white space allowed.

    Raises:
        SettingsError: a place has no host, or a port outside 1-65535.
    """
    places = tuple(place.strip() for place in text.split(","))
    for place in places:
        found = _PLACE.fullmatch(place)
        if found is None or not 1 <= int(found["port"]) <= 65535:
            raise SettingsError(f"--broker: want HOST:PORT[,HOST:PORT…], got {text!r}")
    return places


def read_password(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The SASL password: the file's text less its line end, else `TOCSIN_SASL_PASSWORD`.

    Raises:
        SettingsError: the file cannot be read.
    """
    if file is None:
        return environment.get("TOCSIN_SASL_PASSWORD")
    try:
        return read_secret(file).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"--sasl-password-file: want a readable text file, got {file}: {error}"
        ) from error
