"""Answerers: one answer per customer and period, and marks of further ones, against plain Python."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.columnar.structured import Table, stacked
from stream.indicators.cells import CELL, CELLS
from stream.intake.history.answerers import ANSWER, FURTHER_MS, Answerers, AnswerTerms
from stream.intake.panes import merged
from tests.builders import plan_of
from tests.event_builders import answer, whole

PANE_MS = 600_000
DAY_MS = 86_400_000
LEVELS = [CELL[f"csat/1-5/{level}"] for level in (1, 3, 5)]
Given = tuple[int, int, int, int]
"""Minute, customer, level and id of an answer that comes in time."""


def terms(period_ms: int, keep: str) -> AnswerTerms:
    """For CSAT alone."""
    return AnswerTerms.of({"csat": {"one_answer_per": period_ms or None, "keep": keep}})


def table(some: Sequence[Given]) -> Table:
    """Answers as the line of feedback keeps them."""
    rows = np.zeros(len(some), ANSWER)
    for place, (minute, customer, level, number) in enumerate(some):
        at_ms = minute * 60_000
        rows[place] = (at_ms // PANE_MS, at_ms, customer << 40, number, customer, LEVELS[level])
    return rows


def plainly(some: Sequence[Given], period_ms: int, keep: str) -> Counter[tuple[int, str]]:
    """By pane and cell, what answers come to; without a period they were counted before."""
    found: Counter[tuple[int, str]] = Counter()
    held: dict[int, list[Any]] = {}
    for minute, customer, level, _ in sorted(some, key=lambda each: (each[0], each[3])):
        at_ms, cell = minute * 60_000, CELLS[LEVELS[level]]
        now = held.get(customer)
        if now and period_ms and at_ms - now[0] < period_ms:
            if keep == "last":
                found[now[0] // PANE_MS, now[2]] -= 1
                found[now[0] // PANE_MS, cell] += 1
                now[1:] = at_ms, cell
            continue
        if now and at_ms - now[1] < FURTHER_MS:
            found[at_ms // PANE_MS, f"csat.further/{customer % 32}"] += 1
        if period_ms:
            found[at_ms // PANE_MS, cell] += 1
        held[customer] = [at_ms, at_ms, cell]
    return Counter({key: count for key, count in found.items() if count})


def counted(rows: Table) -> Counter[tuple[int, str]]:
    """The same of tallies, whatever pane carries them."""
    found: Counter[tuple[int, str]] = Counter()
    for row in rows:
        found[int(row["pane"]), CELLS[row["cell"]]] += int(row["count"])
    return Counter({key: count for key, count in found.items() if count})


answers = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(1, 3), st.integers(0, 2), st.integers(0, 2**40)),
    max_size=40,
    unique_by=lambda each: each[3],
)


@given(answers, st.sampled_from([0, 3_600_000, DAY_MS, 2 * DAY_MS]), st.sampled_from(["first", "last"]))
def test_panes_one_by_one_come_to_what_plain_python_says(
    some: list[Given], period_ms: int, keep: str
) -> None:
    """However answers are cut into batches, and whether or not a snapshot was taken in between."""
    expected = plainly(some, period_ms, keep)
    at_once = Answerers(terms(period_ms, keep), PANE_MS).judge(table(some))
    assert counted(at_once) == expected
    line, parts = Answerers(terms(period_ms, keep), PANE_MS), [at_once[:0]]
    for _, group in groupby(sorted(some), key=lambda each: each[0] * 60_000 // PANE_MS):
        pane = table(list(group))
        looked, before = line.judge(pane, keep=False), line.rows.copy()
        assert (line.rows == before).all()
        parts.append(line.judge(pane[::-1]))
        assert (merged(looked) == merged(parts[-1])).all()
        line = Answerers(terms(period_ms, keep), PANE_MS, line.rows.copy())
    assert counted(stacked(parts)) == expected


late = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 300), st.integers(1, 2)), max_size=30)


@given(late, st.sampled_from([0, 3_600_000, DAY_MS]), st.sampled_from(["first", "last"]))
@example([(1500, 0, 1), (0, 160, 1), (2900, 0, 1)], 0, "first")
def test_cuts_do_not_decide_on_late_answers(
    some: list[tuple[int, int, int]], period_ms: int, keep: str
) -> None:
    """Panes that close together come to the same as one by one, where answers are up to two days late."""
    rows = table([(minute, customer, 0, number) for number, (minute, _, customer) in enumerate(some)])
    rows["closing"] += np.array([panes for _, panes, _ in some], np.int64)
    at_once = Answerers(terms(period_ms, keep), PANE_MS).judge(rows)
    line, parts = Answerers(terms(period_ms, keep), PANE_MS), [at_once[:0]]
    parts += [line.judge(rows[rows["closing"] == closing]) for closing in np.unique(rows["closing"])]
    assert counted(stacked(parts)) == counted(at_once)


@pytest.mark.parametrize(("keep", "level"), [("first", 1), ("last", 5)])
def test_of_many_answers_of_one_customer_one_counts(keep: str, level: int) -> None:
    """The first or the last of a day; others answer, too, and those who are nobody all count."""
    plan = plan_of(f"indicators: {{csat: {{one_answer_per: 1d, keep: {keep}}}}}\nrules: []\n")
    spree = [answer(n, 60 * n, score=1 if n < 9 else 5, customer="ann") for n in range(10)]
    others = [answer(100, 5, score=3, customer="bob"), answer(101, 6, score=2), answer(102, 7, score=2)]
    found = by_cell_of(whole(plan, (), sorted([*spree, *others], key=lambda each: each["at"])))
    assert found == Counter({f"csat/1-5/{level}": 1, "csat/1-5/3": 1, "csat/1-5/2": 2})


def by_cell_of(sums: Any) -> Counter[str]:
    """Answers by level, without the marks."""
    return Counter({cell: count for cell, count in sums.items() if cell.startswith("csat/") and count})


def test_without_the_option_every_answer_counts_and_further_ones_are_marked() -> None:
    """Four more within a day, one after it."""
    times_s = [0, 60, 120, 3600, 4000, 4000 + 86_400]
    sums = whole(plan_of("rules: []\n"), (), [answer(n, at, customer="ann") for n, at in enumerate(times_s)])
    assert sums["csat/1-5/5"] == 6
    assert sum(count for cell, count in sums.items() if cell.startswith("csat.further/")) == 4


def test_one_customer_may_answer_each_question_once() -> None:
    """CSAT and NPS of one form are two questions."""
    plan = plan_of("indicators: {csat: {one_answer_per: 1d}, nps: {one_answer_per: 1d}}\nrules: []\n")
    events = [answer(1, 0, customer="a"), answer(1, 1, indicator="nps", score=9, customer="a")]
    sums = whole(plan, (), events)
    assert (sums["csat/1-5/5"], sums["nps/0-10/9"]) == (1, 1)
