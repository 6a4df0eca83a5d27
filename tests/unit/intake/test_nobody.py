"""What stands for no customer."""

from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.hashing import hashed
from stream.messages.nobody import NOBODY, are_nobody


@given(st.lists(st.sampled_from(sorted(NOBODY)) | st.text(max_size=12)))
def test_hashes_tell_who_is_nobody(names: list[str]) -> None:
    """As the names themselves do, whichever others stand beside them."""
    assert are_nobody(hashed(names)).tolist() == [name in NOBODY for name in names]
