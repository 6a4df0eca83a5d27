"""The options by which every command that talks to Kafka is told how, and how short commands run."""

import functools
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from alerts.errors import SettingsError
from stream.kafka.settings import (
    DEFAULT_BROKER,
    ClientSettings,
    Mechanism,
    SecurityProtocol,
    parse_brokers,
    parse_group,
    parse_topics,
    read_password,
)
from stream.messages.topic_names import PREFIX

T = TypeVar("T")

_FILE: Final = click.Path(dir_okay=False, path_type=Path)

_OPTIONS: Final = (
    click.option(
        "--broker",
        envvar="TOCSIN_BROKER",
        default=DEFAULT_BROKER,
        show_default=True,
        metavar="HOST:PORT[,…]",
        help="Kafka brokers to start from.",
    ),
    click.option(
        "--topics",
        envvar="TOCSIN_TOPICS",
        default=PREFIX,
        show_default=True,
        metavar="PREFIX",
        help="What the names of the group's own topics begin with; the inputs are for all groups.",
    ),
    click.option(
        "--security-protocol",
        envvar="TOCSIN_SECURITY_PROTOCOL",
        type=click.Choice([each.value for each in SecurityProtocol]),
        default=SecurityProtocol.PLAINTEXT.value,
        show_default=True,
        help="How to talk to them.",
    ),
    click.option(
        "--sasl-mechanism",
        envvar="TOCSIN_SASL_MECHANISM",
        type=click.Choice([each.value for each in Mechanism]),
        default=Mechanism.PLAIN.value,
        show_default=True,
        help="How to log in.",
    ),
    click.option("--sasl-username", envvar="TOCSIN_SASL_USERNAME", metavar="NAME", help="Who logs in."),
    click.option(
        "--sasl-password-file",
        envvar="TOCSIN_SASL_PASSWORD_FILE",
        type=_FILE,
        help="File with the password; or set TOCSIN_SASL_PASSWORD.",
    ),
    click.option(
        "--tls-ca-file",
        envvar="TOCSIN_TLS_CA_FILE",
        type=_FILE,
        help="Authorities to trust (PEM); the system's if not given.",
    ),
    click.option("--tls-cert-file", envvar="TOCSIN_TLS_CERT_FILE", type=_FILE, help="Our certificate (PEM)."),
    click.option(
        "--tls-key-file", envvar="TOCSIN_TLS_KEY_FILE", type=_FILE, help="Its key (PEM, unencrypted)."
    ),
)

_NAMES: Final = (
    "broker",
    "topics",
    "security_protocol",
    "sasl_mechanism",
    "sasl_username",
    "sasl_password_file",
    "tls_ca_file",
    "tls_cert_file",
    "tls_key_file",
)


def kafka_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all Kafka options; the function gets them as `kafka: ClientSettings`."""

    @functools.wraps(function)
    def with_settings(**options: Any) -> Any:
        own = {name: options.pop(name) for name in _NAMES}
        return function(kafka=_settings(own), **options)

    for option in reversed(_OPTIONS):
        with_settings = option(with_settings)
    return with_settings


def group_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option that names the workers' consumer group."""
    return click.option(
        "--group",
        envvar="TOCSIN_GROUP",
        default="tocsin",
        show_default=True,
        callback=lambda _context, _option, name: parse_group(name),
        help=what,
    )


def settings_of_environment() -> ClientSettings:
    """What the options would be by their variables alone, for a command that has none of them.

    Raises:
        SettingsError: a variable holds what its option would refuse.
    """
    defaults = {
        "topics": PREFIX,
        "security_protocol": SecurityProtocol.PLAINTEXT.value,
        "sasl_mechanism": Mechanism.PLAIN.value,
    }
    given = {name: os.environ.get(f"TOCSIN_{name.upper()}") or defaults.get(name) for name in _NAMES}
    try:
        return _settings({**given, "broker": given["broker"] or DEFAULT_BROKER})
    except ValueError as error:
        raise SettingsError(f"TOCSIN_SECURITY_PROTOCOL, TOCSIN_SASL_MECHANISM: {error}") from error


def _settings(options: dict[str, Any]) -> ClientSettings:
    return ClientSettings(
        brokers=parse_brokers(options["broker"]),
        topics=parse_topics(options["topics"]),
        security_protocol=SecurityProtocol(options["security_protocol"]),
        sasl_mechanism=Mechanism(options["sasl_mechanism"]),
        sasl_username=options["sasl_username"],
        sasl_password=read_password(options["sasl_password_file"]),
        tls_ca_file=options["tls_ca_file"],
        tls_cert_file=options["tls_cert_file"],
        tls_key_file=options["tls_key_file"],
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end; a broker that does not answer is one line and exit code 1."""
    import asyncio  # noqa: PLC0415  # this and the client: a tenth of a second that only Kafka needs
    import logging  # noqa: PLC0415

    from stream.kafka.clients import BrokerError  # noqa: PLC0415

    # The client logs every failed attempt by itself; the command says it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(work)
    except BrokerError as error:
        raise click.ClickException(str(error)) from error
