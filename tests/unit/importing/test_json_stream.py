"""Streams of JSON are cut into objects, wherever the blocks end."""

import json

from hypothesis import given
from hypothesis import strategies as st

from stream.importing.rows.json_stream import Splitter, TooLong
from tests.cpu import least_cpu_s

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.lists(st.dictionaries(st.text(), values, max_size=4), max_size=5)
between = st.sampled_from(["", " ", "\n", ",\n", " , "])


@given(objects, between, st.booleans(), st.integers(1, 40))
def test_every_object_comes_out_whole(
    items: list[dict[str, object]],
    gap: str,
    pretty: bool,  # noqa: FBT001
    size: int,
) -> None:
    """However they are spaced and written, and wherever a block ends."""
    data = gap.join(
        json.dumps(item, indent=2 if pretty else None, ensure_ascii=False) for item in items
    ).encode()
    splitter = Splitter()
    pieces = [piece for at in range(0, len(data), size) for piece in splitter.feed(data[at : at + size])]
    assert [json.loads(piece) for piece in pieces if isinstance(piece, bytes)] == items
    assert not splitter.stray
    assert not splitter.rest()


def test_an_object_that_is_too_long_is_passed_over() -> None:
    """Those around it are not."""
    splitter = Splitter(longest=20)
    pieces = list(splitter.feed(b'{"a":1}{"a":"' + b"x" * 50 + b'"}{"a":2}'))
    assert [type(piece) for piece in pieces] == [bytes, TooLong, bytes]


def test_work_is_linear() -> None:
    """Eight times the braces take about eight times as long, not sixty-four."""

    def seconds(count: int) -> float:
        return least_cpu_s(lambda: list(Splitter().feed(b'{"a":{' + b'"b":{},' * count + b"}}")))

    assert seconds(80_000) < 24 * max(seconds(10_000), 0.001)


def test_what_is_no_object_is_passed_over_up_to_the_next() -> None:
    """Whatever it is, and wherever the blocks end."""
    splitter = Splitter()
    assert not list(splitter.feed(b"x1 , true"))
    assert splitter.stray
    assert list(splitter.feed(b'y{"a":1} no {"a":2}{"b')) == [b'{"a":1}', b'{"a":2}']
    assert list(splitter.feed(b'":3}')) == [b'{"b":3}']
