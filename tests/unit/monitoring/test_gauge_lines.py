"""Gauges are written as the client library writes them, which is slower by far."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.samples import Sample

from stream.monitoring.exposition import ReadMetrics, chosen_encoder
from stream.monitoring.gauge_lines import gauge_lines

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
labels = st.dictionaries(st.sampled_from(("channel", "topic", "window", "rule")), st.text(max_size=20))
samples = st.lists(st.tuples(labels, st.floats()), max_size=5)


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
@given(found=samples, documentation=st.text("ab\\\n.", max_size=20))
def test_both_formats_have_the_same_lines(
    accept: str, found: list[tuple[dict[str, str], float]], documentation: str
) -> None:
    """Names, labels in their order, escapes, and numbers without end or that are none."""
    gauge = Metric("cx_score", documentation, "gauge")
    gauge.samples = [Sample(gauge.name, each, number) for each, number in found]
    encode, _ = chosen_encoder(accept)
    assert encode(ReadMetrics([gauge])).removesuffix(b"# EOF\n") == gauge_lines([gauge])


def test_labels_that_are_shared_are_those_of_each_sample() -> None:
    """Samples of several gauges with the same labels, and one with its own."""
    shared, own = {"channel": "phone"}, {"channel": "chat"}
    score, answers = Metric("cx_score", "s", "gauge"), Metric("cx_answers", "a", "gauge")
    score.samples = [Sample("cx_score", shared, 1.5), Sample("cx_score", own, 2)]
    answers.samples = [Sample("cx_answers", shared, 7), Sample("cx_answers", {}, 8)]
    lines = gauge_lines([score, answers]).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'cx_score{channel="phone"} 1.5',
        'cx_score{channel="chat"} 2.0',
        'cx_answers{channel="phone"} 7.0',
        "cx_answers 8.0",
    ]
