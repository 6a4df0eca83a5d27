"""What stands for no customer."""

from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.hashing import hashed
from stream.messages.nobody import NOBODY, are_nobody


@given(st.lists(st.sampled_from(sorted(NOBODY)) | st.text(max_size=12)))
def test_hashes_tell_who_is_nobody(names: list[str]) -> None:
    """As the names themselves do, whichever others stand beside them."""
    assert are_nobody(hashed(names)).tolist() == [name in NOBODY for name in names]


def test_customers_numbered_from_nought_are_all_somebody() -> None:
    """So test data and tables begin."""
    assert not are_nobody(
        hashed([f"{number:0{width}}" for number in range(20) for width in (1, 2, 5, 6)])
    ).any()


def test_what_programs_write_for_nobody_is_known_as_they_write_it() -> None:
    """NumPy, JavaScript, iPhones, tills, and switchboards in Japan."""
    names = ["NaN", "[object Object]", "No Caller ID", "Walk-in Customer", "Anonymous User", "N.A.", "非通知"]
    names += ["(No value)", "-None-", "[null]", "<NA>"]
    assert are_nobody(hashed(names)).all()


def test_callers_without_a_number_are_nobody() -> None:
    """As SIP, switchboards' URIs and Twilio have them; those with a number are somebody."""
    names = [
        "sip:anonymous@anonymous.invalid",
        "tel:anonymous",
        "sip:unavailable",
        "+266696687",
        "+86282452253",
    ]
    assert are_nobody(hashed(names)).all()
    assert not are_nobody(hashed(["tel:+13175550100", "sip:ada@example.com", "+2666966870"])).any()
