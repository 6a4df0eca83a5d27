"""The delivery log's records."""

import orjson
import pytest

from alerts.delivery.delivery_log import Countdown, decode_entry, encode_entry
from tests.post import ENTRY


def test_an_entry_survives_the_wire() -> None:
    """What is written is what is read."""
    assert decode_entry(encode_entry(ENTRY)) == ENTRY
    assert encode_entry(ENTRY).startswith(b'{"id":"a.1","alert":"a","seq":1,')


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\xff", b'{"id":"a.1"}'])
def test_what_somebody_else_wrote_is_passed_over(value: bytes | None) -> None:
    """Anyone may write to a topic; a reader of the log must not stumble."""
    assert decode_entry(value) is None


@pytest.mark.parametrize("field", ["alert", "receiver", "memory"])
def test_what_would_not_fit_when_it_is_written_again_is_none_of_ours(field: str) -> None:
    """What is remembered of an alert goes into its next entry, with some more around it."""
    whole = orjson.loads(encode_entry(ENTRY)) | {field: "x" * 1_048_000}
    assert decode_entry(orjson.dumps(whole)) is None
    assert decode_entry(orjson.dumps(whole | {field: "x" * 1_000})) is not None


def test_a_batch_is_finished_with_its_last_record() -> None:
    """Not before every record of it is settled."""
    finished: list[bool] = []
    left = Countdown(2, lambda: finished.append(True))
    left.one_less()
    assert not finished
    left.one_less()
    assert finished == [True]
