"""Webhooks are signed as Standard Webhooks prescribes."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from alerts.errors import SettingsError
from alerts.paging import Located, Receiver
from alerts.receivers.kinds import KINDS
from alerts.receivers.settings import found
from alerts.receivers.signing import Signer

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def test_the_published_vector_comes_out() -> None:
    """Secret, id, time, body and signature as in the libraries of the specification's authors."""
    headers = Signer(("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)).headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, b'{"test": 2432232314}'
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_make_two_signatures() -> None:
    """While a secret is being changed, a receiver may verify with the old one or the new one."""
    headers = Signer((OLD, NEW)).headers("a.1", datetime.now(UTC).timestamp(), "é".encode())
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (OLD, NEW):
        Webhook(secret).verify("é", headers, json_parse=False)


def test_without_a_secret_there_is_no_signature() -> None:
    """Id and time are sent all the same, for the receiver to know repeats by."""
    assert Signer(()).headers("a.1", 7.0, b"{}") == {"webhook-id": "a.1", "webhook-timestamp": "7"}


def _hook(secret: tuple[str, ...] | Located) -> Receiver:
    return Receiver(name="desk", kind="webhook", settings={"url": ("http://x/",), "secret": secret})


def test_secrets_come_from_the_rules_the_environment_or_a_file(tmp_path: Path) -> None:
    """Wherever they are kept, several may be given, apart by white space."""
    file = tmp_path / "secrets"
    file.write_text(f"{OLD}\n{NEW}\n")
    specs = KINDS["webhook"].specs
    for secret in ((OLD, NEW), Located(env="HOOK"), Located(file=str(file))):
        assert found(_hook(secret), specs, {"HOOK": f"{OLD} {NEW}"})["secret"] == (OLD, NEW)


@pytest.mark.parametrize(
    ("secret", "environment", "told"),
    [
        (Located(env="HOOK"), {}, "'desk': environment variable HOOK"),
        (Located(env="HOOK"), {"HOOK": "whsec_%"}, "variable HOOK: want"),
        (Located(file="absent"), {}, "'desk': file absent: want"),
    ],
)
def test_a_missing_secret_names_its_place(secret: Located, environment: dict[str, str], told: str) -> None:
    """The operator reads which receiver and where the secret was looked for, never what was found."""
    with pytest.raises(SettingsError, match=told) as caught:
        found(_hook(secret), KINDS["webhook"].specs, environment)
    assert "%" not in str(caught.value)
