"""The webhook log: only what is signed gets on it, and nothing on its page is taken for HTML."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from standardwebhooks import Webhook

from stream.demo.webhook_log import WebhookLog, new_secret

NOTICE = {"type": "cx.alert.firing", "data": {"at": "2026-01-05T12:00:00Z", "summary": "CSAT of phone is 61"}}


def _signed(secret: str, body: bytes, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(tz=UTC)
    signature = Webhook(secret).sign("n-1", at, body.decode())
    return {
        "webhook-id": "n-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def test_a_signed_notice_is_logged() -> None:
    """With its idempotency key, type, event time and summary."""
    log, body = WebhookLog(new_secret()), orjson.dumps(NOTICE)
    assert log.take(body, _signed(log.secret, body))
    [notice] = log.notices
    assert (notice.id, notice.type, notice.at) == ("n-1", "cx.alert.firing", "2026-01-05T12:00:00Z")
    assert "CSAT of phone is 61" in log.page()
    assert (log.verified, log.refused) == (1, 0)


def _wrong() -> list[tuple[str, dict[str, str]]]:
    body = orjson.dumps(NOTICE)
    secret = "whsec_" + "A" * 43 + "="
    old = datetime.now(tz=UTC) - timedelta(minutes=6)
    return [
        ("another secret", _signed(new_secret(), body)),
        ("another body", _signed(secret, body + b" ")),
        ("too old", _signed(secret, body, old)),
        ("no headers", {}),
        ("no signature", _signed(secret, body) | {"webhook-signature": ""}),
        ("not a signature", _signed(secret, body) | {"webhook-signature": "v1"}),
        ("not base64", _signed(secret, body) | {"webhook-signature": "v1,%%%"}),
    ]


@pytest.mark.parametrize(
    ("why", "headers"), _wrong(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_not_signed_as_it_should_is_refused(why: str, headers: dict[str, str]) -> None:
    """Counted, and not shown."""
    log = WebhookLog("whsec_" + "A" * 43 + "=")
    assert not log.take(orjson.dumps(NOTICE), headers), why
    assert (log.verified, log.refused, len(log.notices)) == (0, 1, 0)


@pytest.mark.parametrize("body", [b"[]", b'{"data": 1}', b"{}"])
def test_a_signed_body_of_another_shape_is_shown_as_far_as_it_goes(body: bytes) -> None:
    """The signature says who sent it, not that it is as it should be."""
    log = WebhookLog(new_secret())
    assert log.take(body, _signed(log.secret, body))
    assert log.notices[0].type == "?"


def test_the_page_escapes_what_it_shows() -> None:
    """A dimension value can be anything that a customer's system sends."""
    log = WebhookLog(new_secret())
    body = orjson.dumps({"type": "t", "data": {"at": "", "summary": "<script>alert(1)</script>"}})
    log.take(body, _signed(log.secret, body))
    assert "<script>" not in log.page()
