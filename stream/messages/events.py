"""Events as they come in: what a contact and an answer say, validated by msgspec in one pass."""

from typing import Annotated, Final, Literal, TypeVar, get_args

import msgspec

ID_CHARS: Final = 128
"""Longest event id that is accepted."""

EventKind = Literal["contact", "transferred", "resolved", "reopened", "abandoned"]
OutcomeKind = Literal["resolved", "unresolved", "transferred", "abandoned"]
IndicatorKind = Literal["csat", "ces", "nps", "sentiment"]

EVENTS: Final[tuple[str, ...]] = get_args(EventKind)
OUTCOMES: Final[tuple[str, ...]] = get_args(OutcomeKind)
INDICATORS: Final[tuple[str, ...]] = get_args(IndicatorKind)

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_CHARS)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
Time = str | float
"""As sent: RFC 3339 with offset, or Unix seconds (milliseconds from 1e11); `times` reads it."""


class Interaction(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One contact, or a step in the life of a case, between a customer and the brand."""

    id: Id
    at: Time
    channel: Name
    event: EventKind | None = None  # None: a contact
    customer: str | None = None  # None or "": counted in volumes, not in FCR
    case: str | None = None
    topic: str | None = None
    stage: str | None = None
    segment: str | None = None
    team: str | None = None
    product: str | None = None
    country: str | None = None
    variant: str | None = None
    outcome: OutcomeKind | None = None
    opened_at: Time | None = None
    wait_s: Amount | None = None
    handle_s: Amount | None = None
    within_target: bool | None = None  # on resolved: the sender's own verdict, which wins over `ttr.target`


class Feedback(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One answer, or one public mention with a sentiment."""

    id: Id
    at: Time
    channel: Name
    indicator: IndicatorKind
    score: float | str
    scale: str | None = None  # None: the scale that the rules file declares for the indicator
    customer: str | None = None
    topic: str | None = None
    stage: str | None = None
    segment: str | None = None
    team: str | None = None
    product: str | None = None
    country: str | None = None
    variant: str | None = None
    interaction: str | None = None
    interaction_at: Time | None = None
    comment: str | None = None
    lang: str | None = None
    reach: float | None = None
    consent: bool | None = None  # False: accepted, never counted


Event = Interaction | Feedback
EventT = TypeVar("EventT", Interaction, Feedback)
