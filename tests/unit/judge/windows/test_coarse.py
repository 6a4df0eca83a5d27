"""Coarse buckets: a quantile is past the same limits as with all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.indicators.cells import CELL, TTR_BUCKETS
from stream.indicators.formulas import BUCKET_SECONDS, Ints, Sums, formula, interval, score
from stream.judge.windows.coarse import coarse
from stream.judge.windows.layout import Layout
from tests.builders import DEFAULTS

LIMITS = st.lists(
    st.one_of(st.floats(0, 1e9), st.sampled_from(BUCKET_SECONDS.tolist())), min_size=1, max_size=9
)
DURATIONS = st.lists(st.tuples(st.integers(0, TTR_BUCKETS - 1), st.integers(1, 40)), max_size=12)


def counts_of(layout: Layout, durations: list[tuple[int, int]]) -> Ints:
    """One scope's counts by the layout's columns."""
    counts = np.zeros((1, layout.width), np.int64)
    for bucket, count in durations:
        counts[0, layout.column_of[CELL[f"ttr.bucket/{bucket}"]]] += count
        counts[0, layout.column_of[CELL["ttr.within"]]] += count
    return counts


@given(LIMITS, DURATIONS, st.sampled_from([0.0, 1.64]), st.sampled_from(["ttr_median", "ttr_p90"]))
def test_same_side_of_every_limit(
    limits: list[float], durations: list[tuple[int, int]], z: float, indicator: str
) -> None:
    """Value, low and high are past a limit, or at most it, just as when read from all buckets."""
    of = formula(indicator, DEFAULTS)
    layout = Layout([of])
    counts = counts_of(layout, durations)
    rough, bucket = coarse(of, limits)
    coarsely = np.zeros((1, len(rough.seconds)))
    np.add.at(coarsely[0], bucket, counts[0, layout.narrow :])
    true, few = (
        layout.read(counts[:, : layout.narrow], counts[:, layout.narrow :]).of(indicator),
        Sums(counts[:, : layout.narrow] @ layout.weights(indicator), coarsely),
    )
    assert score(rough, few)[1] == score(of, true)[1]
    edges = np.array(limits)
    pairs = [
        (score(of, true)[0], score(rough, few)[0]),
        *zip(interval(of, true, z), interval(rough, few, z), strict=True),
    ]
    for exact, near in pairs:
        assert ((exact > edges) == (near > edges)).all()
        assert ((exact <= edges) == (near <= edges)).all()


def test_few_buckets_are_left() -> None:
    """One up to each limit, and one above all."""
    rough, bucket = coarse(formula("ttr_p90", DEFAULTS), [60, 3600, 60])
    assert len(rough.seconds) == 3
    assert bucket[0] == 0
    assert bucket[-1] == 2
    assert BUCKET_SECONDS[bucket == 1].min() > 60
