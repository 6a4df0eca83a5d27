"""What looks personal, and what only looks like a number."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.privacy.personal import looks_personal, personal_among


@pytest.mark.parametrize(
    "text",
    [
        "ann.lee+x@example.co.uk",
        "mail from ann@example.com",
        "ANN@EXAMPLE.COM",
        "+33 6 12 34 56 78",
        "+33612345678",
        "0033 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "+49 30 901820",
        "+44 20 7946 0958",
        "020 7946 0958",
        "(212) 555-0100",
        "212-555-0100",
        "+1 212 555 0100",
        "call +1-212-555-0100 now",
        "FR76 3000 6000 0112 3456 7890 189",
        "fr7630006000011234567890189",
        "DE89370400440532013000",
        "GB82-WEST-1234-5698-7654-32",
        "iban: NL91ABNA0417164300",
        "4111 1111 1111 1111",
        "5500005555555559",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "xoxb-123456789012-abc",
        "Bearer eyJhbGciOiJIUzI1NiJ9",
    ],
)
def test_what_is_about_a_person_or_a_secret_is_seen(text: str) -> None:
    """Addresses, telephone numbers, accounts, cards, secrets; alone and within a text."""
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "phone",
        "e-mail",
        "@support",
        "a@b",
        "billing 2026",
        "2026-11-22",
        "20261122",
        "2026-11-22T10:00:00Z",
        "10.12.4",
        "192.168.100.200",
        "4711",
        "12345678",
        "SKU-00123456",
        "order-2026-000123",
        "1-7",
        "08:00-20:00",
        "FR7630006000011234567890188",
        "1234567890123456",
        "0000000000000000",
        "0x1f4a9c8e",
        "b3d9c2e1-7f60-4a55-9d0e-1c2b3a4d5e6f",
        "équipe n° 12",
        "(other)",
        "a" * 512,
    ],
)
def test_what_is_a_name_or_a_number_is_left_alone(text: str) -> None:
    """Channels, dates, versions, article numbers, numbers whose check digits are wrong."""
    assert not looks_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "whsk_1", "SK_live_1", "s\u212a_live_1", "\u017fk_live_1", "pk_1", "rk_1", "xoxq-1", "xapp-1",
        "GHP_1", "gho_1", "ghu_1", "gh\u017f_1", "ghr_1", "g\u0131thub_pat_1",
        "glpat-1",
        "akia1", "ASIA1", "AIZA1", "sg.1", "EYJ1", "bearer 1", "BA\u017fIC 1",
    ],
)  # fmt: skip
def test_a_secret_is_seen_in_whatever_case_it_begins(text: str) -> None:
    """Also with the characters that are letters of ASCII only to a search without case."""
    assert looks_personal(text)
    assert personal_among(["phone", f"channel {text}", ""]) == [False, True, False]


fragments = st.sampled_from(
    ["", "a", "é", "@", "x@y.org", "\n", "+33 ",
     "6 12 34 56 78", "1234", "٣٤٥٦٧٨٩٠", "²", " ", "-", "xo", "xb-1",
     "sk", "_", "FR76 3000 6000 0112 3456 7890 189",
     "4111111111111111", "\U0001f600", "\u212a"]
)  # fmt: skip
texts = st.lists(st.lists(fragments, max_size=6).map("".join), max_size=8)


@example(["a\u212a4111111111111111", "a\u017f12 3456 7890"])  # letters only to a search without case
@given(texts)
def test_all_are_seen_together_as_each_is_alone(some: list[str]) -> None:
    """Whatever stands beside a text."""
    assert personal_among(some) == list(map(looks_personal, some))
