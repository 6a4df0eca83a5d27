"""Outcomes and reasons: labels of metrics and headers of dead letters, so their names are a contract."""

from stream.messages.outcomes import Reason, RecordError, RecordOutcome


def test_outcomes_are_a_closed_list() -> None:
    """As the metric's label has them."""
    assert [each.value for each in RecordOutcome] == ["accepted", "duplicate", "late", "rejected"]


def test_reasons_are_a_closed_list() -> None:
    """As dead letters carry them."""
    assert {each.value for each in Reason} == {
        "null_value", "too_large", "bad_encoding", "not_json", "not_object", "missing_field", "bad_type",
        "bad_value", "id_too_long", "bad_time", "too_early", "future", "unknown_indicator", "bad_scale",
        "score_off_scale", "internal", "unmappable",
    }  # fmt: skip


def test_a_record_error_says_reason_and_detail() -> None:
    """Its text is for logs."""
    error = RecordError(Reason.BAD_TYPE, "id: want a string, got a number")
    assert str(error) == "bad_type: id: want a string, got a number"
