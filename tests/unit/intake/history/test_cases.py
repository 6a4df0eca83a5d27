"""Cases: hand-made lives of cases, and how long they took."""

from typing import Any

import numpy as np
import pytest

from stream.columnar.structured import stacked
from stream.columnar.timestamps import NO_TIME
from stream.indicators.cells import TTR_BUCKETS, TTR_GAMMA
from stream.indicators.plan import Plan
from stream.intake.history.case_lives import CASE, CaseTerms
from stream.intake.history.cases import Cases, bucket
from stream.intake.history.touchpoints import TOUCH, TouchKind
from stream.intake.panes import merged
from tests.builders import plan_of
from tests.event_builders import START_S, Event, contact, whole

HOUR_S, DAY_S = 3600, 86_400
TERMS = CaseTerms(1000, 5000, 2000, 10)


def plan(fcr: str = "") -> Plan:
    """TTR with a target of one hour, with FCR or without."""
    ttr = "ttr: {target: 1h, case_horizon: 30d}"
    return plan_of(f"indicators: {{{ttr}{fcr}}}\nrules: []\n")


def case(name: str, *events: Event, took_s: float = 0, within: int = 0, over: int = 0) -> Any:
    """A row of the table: events, the sum of times to resolution, and how many met the target and did not."""
    numbered = [{**event, "id": f"{place}"} for place, event in enumerate(events)]
    return pytest.param(numbered, took_s, within, over, id=name)


def at(at_s: float, **fields: Any) -> Event:
    """A contact at a time."""
    return contact(0, at_s, **fields)


def done(at_s: float, **fields: Any) -> Event:
    """A resolution at a time."""
    return contact(0, at_s, event="resolved", **fields)


LIVES = (
    case("from the first contact", at(0), done(60), took_s=60, within=1),
    case("not the second", at(0), at(50), done(60), took_s=60, within=1),
    case("the target is met to the moment", at(0), done(HOUR_S), took_s=HOUR_S, within=1),
    case("and missed a moment later", at(0), done(HOUR_S + 0.001), took_s=HOUR_S + 0.001, over=1),
    case("from opened_at where it is said", at(0), done(60, opened_at=START_S - 60), took_s=120, within=1),
    case("without any contact", done(60, opened_at=START_S), took_s=60, within=1),
    case("or any customer", done(60, opened_at=START_S, customer=None), took_s=60, within=1),
    case("no customer, no opening", at(0, customer=None), done(60, customer=None)),
    case("opened after it was resolved", done(60, opened_at=START_S + 61)),
    case("opened as it was resolved", done(60, opened_at=START_S + 60), within=1),
    case("nothing was open", done(60)),
    case("a case closes once", at(0), done(60), done(90), took_s=60, within=1),
    case("the next contact opens another", at(0), done(60), at(100), done(130), took_s=90, within=2),
    case(
        "a reopened case takes its first solution back",
        at(0),
        done(60),
        at(100, event="reopened"),
        done(130),
        took_s=130,
        within=1,
    ),
    case("and has none until it is solved again", at(0), done(60), at(100, event="reopened")),
    case(
        "reopened twice",
        at(0, case="1"),
        done(60, case="1"),
        at(2 * DAY_S, event="reopened", case="1"),
        done(3 * DAY_S, case="1"),
        at(4 * DAY_S, event="reopened", case="1"),
        done(5 * DAY_S, case="1"),
        took_s=5 * DAY_S,
        over=1,
    ),
    case(
        "with the opening that its sender says",
        done(60, case="1", opened_at=START_S),
        at(DAY_S, event="reopened", case="1"),
        done(2 * DAY_S, case="1", opened_at=START_S),
        took_s=2 * DAY_S,
        over=1,
    ),
    case(
        "reopened too late it is another case",
        at(0),
        done(60),
        at(8 * DAY_S, event="reopened"),
        done(8 * DAY_S + 30),
        took_s=90,
        within=2,
    ),
    case(
        "to close what is solved is a formality",
        at(0, case="1"),
        done(60, case="1"),
        done(5 * DAY_S, case="1", opened_at=START_S),
        took_s=60,
        within=1,
    ),
    case(
        "two cases without ids are two",
        done(60, opened_at=START_S),
        done(90, opened_at=START_S + 60),
        took_s=90,
        within=2,
    ),
    case("a transfer opens nothing", at(0, event="transferred"), done(60)),
    case("an abandoned contact opens nothing", at(0, event="abandoned"), done(60)),
    case("a contact handed on does", at(0, outcome="transferred"), done(60), took_s=60, within=1),
    case("topics are cases", at(0, topic="a"), at(30, topic="b"), done(60, topic="b"), took_s=30, within=1),
    case("case ids are cases", at(0, case="1"), at(30, case="2"), done(60, case="2"), took_s=30, within=1),
    case(
        "whatever their topic", at(0, case="1", topic="a"), done(60, case="1", topic="b"), took_s=60, within=1
    ),
    case("a case that got its id later", at(0), done(60, case="1"), took_s=60, within=1),
    case("a case without a contact of its own", at(0, case="1"), done(60)),
    case("ids belong to customers", at(0, case="1", customer="bob"), done(60, case="1")),
    case("channels do not matter", at(0), done(60, channel="chat"), took_s=60, within=1),
    case("forgotten after thirty days", at(0), done(31 * DAY_S)),
    case("kept alive by contacts", at(0), at(20 * DAY_S), done(40 * DAY_S), took_s=40 * DAY_S, over=1),
    case(
        "a contact after long silence opens anew",
        at(0),
        at(31 * DAY_S),
        done(31 * DAY_S + 60),
        took_s=60,
        within=1,
    ),
    case("the sender's word on the target wins", at(0), done(60, within_target=False), took_s=60, over=1),
    case("either way", at(0), done(2 * HOUR_S, within_target=True), took_s=2 * HOUR_S, within=1),
    case("arrival out of order", done(5), at(0), took_s=5, within=1),
    case("a contact in the moment of its resolution", done(0), at(0), within=1),
    case("a late contact finds its case resolved", at(100), done(160), at(50), took_s=60, within=1),
)


@pytest.mark.parametrize("fcr", ["", ", fcr: {}", ", fcr: {match: any}"])
@pytest.mark.parametrize(("events", "took_s", "within", "over"), LIVES)
def test_lives_of_cases(events: list[Event], took_s: float, within: int, over: int, fcr: str) -> None:
    """Each story comes to what its name says, however first contact resolution matches contacts."""
    sums = whole(plan(fcr), events)
    assert sums.get("ttr.sum_ms", 0) == round(took_s * 1000)
    assert (sums.get("ttr.within", 0), sums.get("ttr.over", 0)) == (within, over)
    assert sum(count for cell, count in sums.items() if cell.startswith("ttr.bucket/")) == within + over


def test_buckets_hold_what_their_bounds_say() -> None:
    """Bucket i holds (γ^(i-1), γ^i] seconds; all up to a second is in the first, all beyond in the last."""
    bounds_ms = np.floor(TTR_GAMMA ** np.arange(TTR_BUCKETS) * 1000).astype(np.int64)
    apart = np.flatnonzero((np.diff(bounds_ms) > 2) & (bounds_ms[1:] < 10**9))[1:]
    assert (bucket(bounds_ms[apart]) == apart).all()
    assert (bucket(bounds_ms[apart] + 1) == apart + 1).all()
    assert bucket(np.array([0, 1, 1000, 1001, 10**15])).tolist() == [0, 0, 0, 1, TTR_BUCKETS - 1]


def test_closed_and_silent_cases_are_forgotten() -> None:
    """A hundred thousand cases, half of them resolved, over many times the memory, leave few behind."""
    cases = Cases(CaseTerms(1000, 1000, 500, 10), 10)
    touches = np.zeros(100_000, TOUCH)
    touches["subject"] = np.repeat(np.random.default_rng(5).integers(0, 2**64, 50_000, np.uint64), 2)
    touches["at_ms"] = np.arange(len(touches))
    touches["closing"] = touches["at_ms"] // 10
    touches["kind"][1::4], touches["kind"][0::2] = TouchKind.RESOLVED, TouchKind.CONTACT
    for first in range(0, len(touches), 500):
        cases.judge(touches[first : first + 500])
    assert len(cases) < 5000
    assert CASE.itemsize <= 48


def test_tables_that_are_swept_and_grow_change_nothing() -> None:
    """Thousands of cases over many times the memory come to the same in one batch as in many."""
    rng = np.random.default_rng(9)
    touches = np.zeros(20_000, TOUCH)
    touches["subject"] = rng.integers(1, 2**60, 4000, np.uint64)[rng.integers(0, 4000, len(touches))]
    by_case = rng.random(len(touches)) < 0.3
    touches["case"] = np.where(by_case, touches["subject"] ^ np.uint64(2**63), 0)
    touches["at_ms"], touches["id"] = np.arange(len(touches)), np.arange(len(touches))
    touches["closing"], touches["opened_ms"] = touches["at_ms"] // 10, NO_TIME
    touches["kind"] = rng.choice(
        [TouchKind.CONTACT, TouchKind.CONTACT, TouchKind.CONTACT, TouchKind.RESOLVED, TouchKind.REOPENED],
        len(touches),
    )
    whole_batch = merged(Cases(TERMS, 10).judge(touches).rows)
    for cut in (50, 500):
        cases = Cases(TERMS, 10)
        parts = []
        for first in range(0, len(touches), cut):
            cases.judge(touches[first : first + 900], keep=False)
            parts.append(cases.judge(touches[first : first + cut]).rows)
        assert merged(stacked(parts)).tolist() == whole_batch.tolist()
    assert len(whole_batch) > 1000
