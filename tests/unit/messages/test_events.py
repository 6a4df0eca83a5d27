"""Events: the fields that are read, and what is said of each when it is wrong."""

from stream.indicators.cells import SCALES_OF
from stream.messages.events import EVENTS, INDICATORS, OUTCOMES, Feedback, Interaction
from tests.event_builders import answer, contact

COMMON = {
    "id", "at", "channel", "customer", "topic", "stage", "segment", "team", "product", "country", "variant",
}  # fmt: skip


def test_interactions_have_the_fields_of_the_contract() -> None:
    """Those of README's table, and no other."""
    own = {"event", "case", "outcome", "opened_at", "wait_s", "handle_s", "within_target"}
    assert set(Interaction.__struct_fields__) == COMMON | own


def test_feedback_has_the_fields_of_the_contract() -> None:
    """Those of README's table, and no other."""
    own = {
        "indicator",
        "score",
        "scale",
        "interaction",
        "interaction_at",
        "comment",
        "lang",
        "reach",
        "consent",
    }
    assert set(Feedback.__struct_fields__) == COMMON | own


def test_closed_lists_are_those_of_the_contract() -> None:
    """Every indicator that can be answered has its scales."""
    assert EVENTS == ("contact", "transferred", "resolved", "reopened", "abandoned")
    assert OUTCOMES == ("resolved", "unresolved", "transferred", "abandoned")
    assert set(INDICATORS) == set(SCALES_OF)


def test_what_is_optional_may_be_left_out() -> None:
    """Only what is required has no default."""
    assert Interaction(**{name: contact()[name] for name in ("id", "at", "channel")}).event is None
    required = ("id", "at", "channel", "indicator", "score")
    assert Feedback(**{name: answer()[name] for name in required}).consent is None
