"""Score columns: many scores at once, each to the byte as it would be by itself."""

import tracemalloc

from hypothesis import example, given
from hypothesis import strategies as st

from alerts.readings import scope_text
from alerts.transitions import encode
from stream.judge.evaluation.scopes import PublishedScope
from stream.judge.score_columns import ScoreColumns

NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.tuples(
    st.text(max_size=8), NUMBERS, st.integers(0, 2**53), NUMBERS, NUMBERS, st.sampled_from(["ok", "stale"])
)


@example(rows=[('%b",', 1e-7, 2**53, -0.0, 1e22, "ok")], window_s=0.5)
@given(rows=st.lists(ROWS, min_size=1, max_size=4), window_s=st.sampled_from([1800, 0.5, 86_400]))
def test_records_are_what_the_objects_encode_to(
    rows: list[tuple[str, float | None, int, float | None, float | None, str]], window_s: float
) -> None:
    """Whatever the values and the scopes, with keys that name indicator, scope and window."""
    names, value, n, low, high, status = map(list, zip(*rows, strict=True))
    scopes = [(("channel", str(name)), ("team", "%d,%b")) for name in names]
    columns = ScoreColumns(
        indicator="csat", definition={"levels": (4, 5), "share": 0.5}, window_s=window_s,
        at="2026-11-22T10:00:00Z", scopes=list(map(PublishedScope.of, scopes)),
        value=value, n=n, low=low, high=high, status=status,
    )  # fmt: skip
    records = list(columns.encoded())
    assert [each.value for each in records] == list(map(encode, columns.scores()))
    assert [each.key.decode() for each in records] == [
        f"csat|{scope_text(scope)}|{window_s:g}" for scope in scopes
    ]


def test_what_is_kept_of_a_scope_takes_no_more_room_than_it_has() -> None:
    """Orjson leaves four kilobytes behind each of its results, and there may be very many scopes."""
    tracemalloc.start()
    try:
        kept = [PublishedScope.of((("product", f"p-{number}"),)) for number in range(1_000)]
        assert tracemalloc.get_traced_memory()[0] < 1_000 * len(kept)
    finally:
        tracemalloc.stop()
