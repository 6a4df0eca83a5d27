"""Signs webhooks as https://www.standardwebhooks.com prescribes, one signature per secret.

The only module that knows the `standardwebhooks` library.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from alerts.errors import SettingsError
from alerts.rules import Receiver


class Signer:
    """Makes the headers of a request.  Two secrets, during a change, make two signatures; none, none."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._webhooks = tuple(Webhook(secret) for secret in secrets)

    @property
    def signs(self) -> bool:
        """Whether there is a secret to sign with."""
        return bool(self._webhooks)

    def headers(self, notice_id: str, at_s: float, body: bytes) -> dict[str, str]:
        """Headers of one attempt, made at `at_s` (Unix time)."""
        headers = {"webhook-id": notice_id, "webhook-timestamp": str(int(at_s))}
        if self._webhooks:
            at, text = datetime.fromtimestamp(int(at_s), UTC), body.decode()
            signatures = (webhook.sign(notice_id, at, text) for webhook in self._webhooks)
            headers["webhook-signature"] = " ".join(signatures)
        return headers


def signer(
    receiver: Receiver,
    environment: Mapping[str, str] = os.environ,
    read: Callable[[Path], str] = Path.read_text,
) -> Signer:
    """The signer of a receiver; its secrets come from the rules file, the environment or a file.

    A variable or file may hold several secrets, apart by white space.

    Raises:
        SettingsError: a secret cannot be found, or is none.
    """
    place = f"receiver {receiver.name!r}"
    secrets = receiver.secrets
    if receiver.secret_env is not None:
        place += f": environment variable {receiver.secret_env}"
        secrets = tuple(environment.get(receiver.secret_env, "").split())
    elif receiver.secret_file is not None:
        place += f": file {receiver.secret_file}"
        try:
            secrets = tuple(read(Path(receiver.secret_file)).split())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{place}: want a readable text file: {error}") from error
    elif not secrets:
        return Signer(())
    try:
        return Signer(secrets or ("",))
    except (ValueError, RuntimeError, EmptyWebhookSecretError) as error:
        raise SettingsError(
            f"{place}: want a secret such as whsec_… (base64), got nothing like it"
        ) from error
