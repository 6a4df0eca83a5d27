"""Verification: known answers of every way to sign, and what is not believed."""

import pytest

from stream.gateway.kind_files import kind
from stream.gateway.verification import (
    Covers,
    Encoding,
    KeyForm,
    Refusal,
    Signature,
    Verifier,
    signed_with,
)

BODY = b'{"event_id":"01","event_type":"form_response"}'
STANDARD = Signature(
    header="webhook-signature",
    timestamp="webhook-timestamp",
    id="webhook-id",
    signed="{id}.{timestamp}.{body}",
    prefix="v1,",
    encoding=Encoding.BASE64,
    key=KeyForm.WHSEC,
)

KNOWN = [
    # Zendesk's published test secret, taken literally.
    (
        "zendesk",
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
        {"X-Zendesk-Webhook-Signature-Timestamp": "2021-03-25T05:09:27Z"},
        b'{"event":"ticket.updated","id":123}',
        "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=",
    ),
    ("typeform", "s3cr3t", {}, BODY, "sha256=PHb3SpUorWiYpfrv/h4gcUbygpMTE3XF5l+fpag1fOA="),
    ("intercom", "s3cr3t", {}, BODY, "sha1=c63b979b1fe38b0f75159685fccfe5554825224a"),
    (
        "chatwoot",
        "s3cr3t",
        {"X-Chatwoot-Timestamp": "1700000000"},
        BODY,
        "sha256=2c0c8751bd79d7736408e35eea00300124a78410b7687cf1374998c61a3aedaa",
    ),
    (
        "delighted",
        "s3cr3t",
        {},
        BODY,
        "sha256=3c76f74a9528ad6898a5faeffe1e207146f28293131375c5e65f9fa5a8357ce0",
    ),
    ("segment", "s3cr3t", {}, BODY, "c63b979b1fe38b0f75159685fccfe5554825224a"),
    ("segment", "s3cr3t", {}, b'[{"a":1},{"b":2}]', "9649526da846c63fae8f3f64fd170080174a9a78"),
    (
        "formbricks",
        "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        {"webhook-id": "019ba292-c1f6-7618-aaf2-ecf8e39d1cc7", "webhook-timestamp": "1704547200"},
        BODY,
        "v1,Llj6NPtQf5NehZapmlGo3f7c06rNDOh47hlds0RV9UM=",
    ),
    # The vector of the Standard Webhooks specification's own libraries.
    (
        "formbricks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"},
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
]


@pytest.mark.parametrize(("name", "secret", "headers", "body", "signature"), KNOWN)
def test_known_answers(name: str, secret: str, headers: dict[str, str], body: bytes, signature: str) -> None:
    """What the vendors sign comes out as they sign it."""
    how = kind(name).signature
    assert how is not None
    assert signed_with(how, secret, headers, body).decode() == signature


def at(stamp: float = 1614265330) -> dict[str, str]:
    """Headers of the Standard Webhooks vector."""
    return {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": str(stamp),
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # the specification's own
VERIFIER = Verifier(signature=STANDARD, secrets=(SECRET,))
TEST = b'{"test": 2432232314}'


def test_a_signed_request_is_believed_for_five_minutes() -> None:
    """Either way, since clocks differ."""
    for now_s in (1614265330, 1614265330 + 300, 1614265330 - 300):
        assert VERIFIER.refusal(at(), TEST, now_s) is None
    for now_s in (1614265330 + 301, 1614265330 - 301):
        assert VERIFIER.refusal(at(), TEST, now_s) is Refusal.STALE_STAMP


def test_each_changed_byte_is_found() -> None:
    """Of the body, the stamp, the id and the signature."""
    now_s = 1614265330
    for place in range(len(TEST)):
        changed = TEST[:place] + bytes([TEST[place] ^ 1]) + TEST[place + 1 :]
        assert VERIFIER.refusal(at(), changed, now_s) is Refusal.BAD_SIGNATURE
    assert VERIFIER.refusal(at(1614265331), TEST, now_s) is Refusal.BAD_SIGNATURE
    assert VERIFIER.refusal({**at(), "webhook-id": "msg"}, TEST, now_s) is Refusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"webhook-signature": ""}, Refusal.NO_SIGNATURE),
        ({"webhook-timestamp": ""}, Refusal.NO_STAMP),
        ({"webhook-timestamp": "soon"}, Refusal.STALE_STAMP),
        ({"webhook-timestamp": "9" * 40}, Refusal.STALE_STAMP),
        ({"webhook-signature": "v1,AAAA v2,BBBB"}, Refusal.BAD_SIGNATURE),
        ({"webhook-signature": "ü"}, Refusal.BAD_SIGNATURE),
        ({"webhook-timestamp": "²"}, Refusal.STALE_STAMP),
        ({"webhook-timestamp": "\udcff"}, Refusal.STALE_STAMP),
        ({"webhook-id": "\udcff"}, Refusal.BAD_SIGNATURE),
    ],
)
def test_what_is_missing_or_odd_is_refused(headers: dict[str, str], why: Refusal) -> None:
    """With the reason, which a metric counts."""
    assert VERIFIER.refusal({**at(), **headers}, TEST, 1614265330) is why


def test_one_of_several_signatures_is_enough() -> None:
    """While a secret is changed there are two."""
    both = {**at(), "webhook-signature": "v1,AAAA " + at()["webhook-signature"]}
    assert VERIFIER.refusal(both, TEST, 1614265330) is None


def test_the_old_secret_is_good_beside_the_new() -> None:
    """What was signed before the change, and is on its way, is not lost; a third one is refused."""
    how = Signature(header="S")
    verifier = Verifier(signature=how, secrets=("new", "old"), tokens={"X": ("a", "b")})
    for secret, token in (("new", "b"), ("old", "a")):
        headers = {"S": signed_with(how, secret, {}, TEST).decode(), "X": token}
        assert verifier.refusal(headers, TEST, 0) is None
        assert verifier.refusal({**headers, "X": "c"}, TEST, 0) is Refusal.BAD_TOKEN
    headers = {"S": signed_with(how, "other", {}, TEST).decode(), "X": "a"}
    assert verifier.refusal(headers, TEST, 0) is Refusal.BAD_SIGNATURE


def test_iso_stamps_are_read_and_hex_in_capitals_too() -> None:
    """Zendesk writes its stamp as a date; hex has two spellings."""
    how = Signature(header="S", timestamp="T", signed="{timestamp}{body}")
    stamp = {"T": "2021-03-25T05:09:27Z"}
    signature = signed_with(how, "k", stamp, b"x").decode()
    verifier = Verifier(signature=how, secrets=("k",))  # a test's
    for spelled in (signature, signature.upper()):
        assert verifier.refusal({**stamp, "S": spelled}, b"x", 1616648967) is None


def test_tokens_are_exact() -> None:
    """A static header is all that some systems can send."""
    verifier = Verifier(tokens={"X-Token": ("secret",)})
    assert verifier.refusal({"X-Token": "secret"}, b"", 0) is None
    for wrong in ({}, {"X-Token": "secret "}, {"X-Token": "Secret"}, {"X-Token": "\udcff"}):
        assert verifier.refusal(wrong, b"", 0) is Refusal.BAD_TOKEN


def test_the_scheme_of_a_bearer_may_be_in_any_case() -> None:
    """As HTTP has it; the token itself is exact, and so is one that stands there without a scheme."""
    verifier = Verifier(tokens={"Authorization": ("Bearer s3cr3T",)})
    for right in ("Bearer s3cr3T", "bearer s3cr3T", "BEARER  s3cr3T"):
        assert verifier.refusal({"Authorization": right}, b"", 0) is None
    for wrong in ("Bearer s3cr3t", "Basic s3cr3T", "s3cr3T", "Bearer", ""):
        assert verifier.refusal({"Authorization": wrong}, b"", 0) is Refusal.BAD_TOKEN
    bare = Verifier(tokens={"Authorization": ("s3cr3T",)})
    assert bare.refusal({"Authorization": "s3cr3t"}, b"", 0) is Refusal.BAD_TOKEN


def test_an_array_of_which_only_the_head_is_signed_is_refused() -> None:
    """Anyone could add to it; with a static header besides, it is taken."""
    how = Signature(header="S", algorithm="hmac-sha1", covers=Covers.FIRST)
    body = b'[{"a":1},{"b":2}]'
    headers = {"S": signed_with(how, "k", {}, body).decode(), "X": "t"}
    signed = Verifier(signature=how, secrets=("k",))  # a test's
    assert signed.refusal(headers, body, 0) is Refusal.UNSIGNED_TAIL
    assert Verifier(signature=how, secrets=("k",), tokens={"X": ("t",)}).refusal(headers, body, 0) is None
    one = b'[{"a":1}]'
    assert signed.refusal({"S": signed_with(how, "k", {}, one).decode()}, one, 0) is None


def test_an_array_without_end_is_no_array() -> None:
    """Whoever sends one has no signature for it, and is told so."""
    verifier = Verifier(signature=kind("segment").signature, secrets=("s3cr3t",))  # of tests
    assert verifier.refusal({"X-Signature": "00"}, b"[" * 100_000, 0) is Refusal.BAD_SIGNATURE


def test_a_template_is_filled_once() -> None:
    """A stamp that looks like a hole stays what it is."""
    how = Signature(header="S", timestamp="T", signed="{timestamp}.{body}")
    same = Signature(header="S", signed="{body}")
    assert signed_with(how, "k", {"T": "{body}"}, b"x") == signed_with(same, "k", {}, b"{body}.x")


def test_secrets_are_not_shown() -> None:
    """Whatever prints a source."""
    assert "k3y" not in repr(Verifier(signature=STANDARD, secrets=("k3y",), tokens={"X": ("k3y",)}))
