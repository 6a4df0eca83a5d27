"""How to reach Kafka: settings are checked before anything connects."""

import ssl
from pathlib import Path

import pytest

from alerts.errors import SettingsError
from stream.kafka.settings import ClientSettings, Mechanism, SecurityProtocol, parse_brokers, read_password


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("localhost:9092", ("localhost:9092",)),
        ("a.example:1, b_c-d:65535", ("a.example:1", "b_c-d:65535")),
        ("[::1]:9092", ("[::1]:9092",)),
    ],
)
def test_brokers_are_places_with_ports(text: str, places: tuple[str, ...]) -> None:
    """A list of HOST:PORT is taken apart, white space aside."""
    assert parse_brokers(text) == places


@pytest.mark.parametrize(
    "text", ["", "localhost", "localhost:", ":9092", "a:0", "a:65536", "a:1,", "kafka://a:1"]
)
def test_a_wrong_broker_names_the_option(text: str) -> None:
    """What is not HOST:PORT is refused with the option, the wanted form and what was found."""
    with pytest.raises(SettingsError, match=r"--broker: want HOST:PORT\[,HOST:PORT…\], got ") as caught:
        parse_brokers(text)
    assert repr(text) in str(caught.value)


def test_plain_settings_need_only_the_brokers() -> None:
    """Without TLS and login the client is told brokers, name and protocol."""
    settings = ClientSettings(brokers=("a:1", "b:2"), client_id="tocsin-x")
    assert settings.client_options() == {
        "bootstrap_servers": ["a:1", "b:2"],
        "client_id": "tocsin-x",
        "security_protocol": "PLAINTEXT",
    }
    assert settings.bootstrap == "a:1,b:2"


def test_login_reaches_the_client() -> None:
    """Name, password and mechanism are handed to aiokafka."""
    settings = ClientSettings(
        security_protocol=SecurityProtocol.SASL_SSL,
        sasl_mechanism=Mechanism.SCRAM_SHA_512,
        sasl_username="u",
        sasl_password="p",  # noqa: S106  # an example
    )
    options = settings.client_options()
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "u",
        "p",
    )
    assert isinstance(options["ssl_context"], ssl.SSLContext)


def test_a_password_is_never_shown() -> None:
    """The repr of settings may be logged."""
    settings = ClientSettings(
        security_protocol=SecurityProtocol.SASL_PLAINTEXT,
        sasl_username="u",
        sasl_password="hidden",  # noqa: S106  # an example
    )
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"security_protocol": SecurityProtocol.SASL_SSL}, "--sasl-username"),
        (
            {"security_protocol": SecurityProtocol.SASL_PLAINTEXT, "sasl_username": "u"},
            "TOCSIN_SASL_PASSWORD",
        ),
        ({"sasl_username": "ann"}, "--security-protocol"),
        ({"tls_ca_file": Path("ca.pem")}, "--security-protocol"),
        ({"security_protocol": SecurityProtocol.SSL, "tls_ca_file": Path("absent.pem")}, "--tls-ca-file"),
        ({"security_protocol": SecurityProtocol.SSL, "tls_key_file": Path("key.pem")}, "--tls-cert-file"),
        ({"security_protocol": SecurityProtocol.SSL, "tls_cert_file": Path("absent.pem")}, "--tls-cert-file"),
    ],
)
def test_settings_that_do_not_fit_name_the_option(options: dict[str, object], place: str) -> None:
    """A missing name, password or file is refused where the settings are made."""
    with pytest.raises(SettingsError, match=place):
        ClientSettings(**options)  # type: ignore[arg-type]  # a table of wrong settings


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """A trusted authority must be PEM."""
    text = tmp_path / "ca.pem"
    text.write_text("not a certificate")
    with pytest.raises(SettingsError, match="want PEM certificates"):
        ClientSettings(security_protocol=SecurityProtocol.SSL, tls_ca_file=text)


def test_the_password_file_wins_and_loses_its_line_end(tmp_path: Path) -> None:
    """A secret mounted as a file often ends with a newline that is not part of it."""
    file = tmp_path / "password"
    file.write_text("from file\n")
    environment = {"TOCSIN_SASL_PASSWORD": "from environment"}
    assert read_password(file, environment) == "from file"
    assert read_password(None, environment) == "from environment"
    assert read_password(None, {}) is None


def test_an_unreadable_password_file_names_the_option(tmp_path: Path) -> None:
    """A wrong path is the operator's to put right."""
    with pytest.raises(SettingsError, match="--sasl-password-file"):
        read_password(tmp_path / "absent")
