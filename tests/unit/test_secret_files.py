"""Secrets in files."""

from pathlib import Path

import pytest

from alerts.delivery.command_seal import read_keys
from alerts.errors import SettingsError
from alerts.paging import Located, Receiver
from alerts.receivers.settings import SettingSpec, Want, found
from alerts.secret_files import MOST_BYTES, read_secret
from stream.gateway.secrets import SecretRef
from stream.kafka.settings import read_password

ENDLESS = Path("/dev/zero")


def test_a_secret_is_the_text_of_its_file(tmp_path: Path) -> None:
    """Up to the limit, to the byte."""
    file = tmp_path / "secret"
    file.write_bytes(b"k" * MOST_BYTES)
    assert read_secret(file) == "k" * MOST_BYTES
    file.write_bytes(b"k" * (MOST_BYTES + 1))
    with pytest.raises(OSError, match="more than 64 KiB"):
        read_secret(file)


def test_a_file_that_never_ends_is_told_in_a_sentence() -> None:
    """Wherever a secret may be named; nobody reads it whole."""
    receiver = Receiver(name="hook", kind="slack", settings={"url": Located(file=str(ENDLESS))})
    for read in (
        lambda: read_keys(ENDLESS),
        lambda: read_password(ENDLESS),
        lambda: SecretRef(file=str(ENDLESS)).read({}),
        lambda: found(receiver, [SettingSpec("url", Want.URL)]),
    ):
        with pytest.raises(SettingsError, match="more than 64 KiB"):
            read()
