"""What an Accept or Accept-Encoding header asks for, however it is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.monitoring.exposition import chosen_encoder, wants_gzip

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    ("header", "packed"),
    [
        ("gzip", True), ("GZIP", True), ("deflate, gzip;q=0.5", True), ("*", True), ("gzip;q=1.0", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("gzip; q=0.000", False),
        ("*;q=0", False), ("*, gzip;q=0", False), ("x-gzipped", False), (";;,,", False),
    ],
)  # fmt: skip
def test_gzip_where_it_is_taken(header: str, packed: bool) -> None:  # noqa: FBT001  # a column of the table
    """A weight of 0 refuses it, for itself or as one of all."""
    assert wants_gzip(header) is packed


@pytest.mark.parametrize(
    ("header", "begins"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("text/html,*/*;q=0.8", "text/plain"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text"),
        (PROMETHEUS_3, "application/openmetrics-text"),
        ("application/openmetrics-text;q=0.3, text/plain;q=0.5", "text/plain"),
        ("application/openmetrics-text;q=0", "text/plain"),
        ("application/openmetrics-text;version=99;q=x;;=", "text/plain"),
        ("Application/OpenMetrics-Text ; Version=1.0.0 ; q=0.9", "application/openmetrics-text"),
    ],
)
def test_the_format_that_is_asked_for(header: str, begins: str) -> None:
    """OpenMetrics for Prometheus, plain text for everybody else."""
    assert chosen_encoder(header)[1].startswith(begins)


@given(st.text(max_size=200))
def test_any_header_gets_one_of_two_formats(header: str) -> None:
    """Nothing of what is asked comes back: an asker cannot choose the words of our content type."""
    assert chosen_encoder(header)[1] in {chosen_encoder("")[1], chosen_encoder(PROMETHEUS_3)[1]}
    assert wants_gzip(header) in {True, False}
