"""Limits of bytes, nesting and fields: what is counted is what a walk through the bytes one by one counts."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from stream.intake.decoding.limits import MAX_DEPTH, MAX_FIELDS, refusal
from stream.messages.outcomes import Reason

PIECES: Final = (
    b"[", b"]", b"{", b"}", b":", b'"', b"\\", b'\\"', b"\\\\", b'"a":1,', b'"[":"]"', b'"{\\"a\\":1}"',
    b"\\u0041", b'""', b"\xff", b" ",
)  # fmt: skip
COUNTS: Final = (1, 2, 3, 130, 260, 600)

repeated = st.tuples(st.sampled_from(PIECES), st.sampled_from(COUNTS)).map(lambda part: part[0] * part[1])
values = st.lists(repeated, max_size=8).map(b"".join)


def _walked(value: bytes) -> tuple[int, int]:
    """How deep brackets go outside of strings, and how many colons stand there."""
    depth = deepest = fields = at = 0
    while at < len(value):
        match value[at : at + 1]:
            case b'"':
                at += 1
                while at < len(value) and value[at : at + 1] != b'"':
                    at += 2 if value[at : at + 1] == b"\\" and at + 1 < len(value) else 1
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
            case b":":
                fields += 1
            case _:
                pass
        deepest, at = max(deepest, depth), at + 1
    return deepest, fields


@given(values)
def test_limits_count_what_is_outside_of_strings(value: bytes) -> None:
    """Escaped quotes end no string, what is in strings does not count, and depth is said before fields."""
    depth, fields = _walked(value)
    found = refusal(value)
    if depth > MAX_DEPTH:
        assert found is not None
        assert found.reason is Reason.NOT_JSON
    elif fields > MAX_FIELDS:
        assert found is not None
        assert found.detail.endswith(f"got {fields}")
    else:
        assert found is None
