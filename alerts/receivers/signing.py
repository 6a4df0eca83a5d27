"""Signs webhooks as https://www.standardwebhooks.com prescribes, one signature per secret.

The only module that knows the `standardwebhooks` library.
"""

from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook


class Signer:
    """Makes the headers of a request.  Two secrets, during a change, make two signatures; none, none."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._webhooks = tuple(Webhook(secret) for secret in secrets)

    def headers(self, notice_id: str, at_s: float, body: bytes) -> dict[str, str]:
        """Headers of one attempt, made at `at_s` (Unix time)."""
        headers = {"webhook-id": notice_id, "webhook-timestamp": str(int(at_s))}
        if self._webhooks:
            at, text = datetime.fromtimestamp(int(at_s), UTC), body.decode()
            signatures = (webhook.sign(notice_id, at, text) for webhook in self._webhooks)
            headers["webhook-signature"] = " ".join(signatures)
        return headers
