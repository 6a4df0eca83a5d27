"""Codes of scopes: the same however they are given, and whether they were looked up before or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.judge import scope_codes
from stream.judge.evaluation.groups import Group
from stream.judge.scope_codes import ROW_BITS, ScopeCodes
from stream.messages.tallies import OTHER, ScopeKey, Spelled
from tests.builders import plan_of

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}
rules:
  - {name: low, window: 5m, indicator: csat, by: [channel], critical: 60, explain: [stage]}
"""
KEYS: dict[str, int] = {"channel|channel": 1, "channel,stage|channel": 2, "team|team": 1}
SCOPES = st.sampled_from(sorted(KEYS.items())).flatmap(
    lambda each: st.tuples(st.just(each[0]), st.tuples(*[st.sampled_from("abc")] * each[1]))
)
SECTIONS = st.lists(st.lists(SCOPES, max_size=6), max_size=8)


def spelled(scopes: list[ScopeKey]) -> Spelled:
    """The same as they come in a message."""
    return Spelled(
        [Spelled.before(key, len(values)) + b"".join(Spelled.values(values)) for key, values in scopes]
    )


def fresh(most: int) -> ScopeCodes:
    """Nothing was met yet."""
    plan = plan_of(RULES)
    return ScopeCodes([Group(plan, grouping) for grouping in plan.groupings], most)


@given(SECTIONS, st.integers(1, 9), st.integers(1, 4))
def test_codes_are_those_of_scopes_that_come_one_by_one(
    sections: list[list[ScopeKey]], most: int, at_once: int
) -> None:
    """Also if sections are looked at together before any counts, and when there is no room for more."""
    codes, others, plain = fresh(most), fresh(most), dict[ScopeKey, int]()
    for first in range(0, len(sections), at_once):
        batch = [spelled(scopes) for scopes in sections[first : first + at_once]]
        for scopes in batch:
            assert {*Spelled(codes.unmet(scopes))} == {scope for scope in scopes if scope not in plain}
        for scopes in batch:
            expected = [numbered(codes, plain, each, most) for each in scopes]
            assert codes.of(scopes).tolist() == others.of(list(scopes)).tolist() == expected
    rows = {code for code in plain.values() if code >= 0}
    assert len(codes) == len(others) == len(rows)
    assert codes.folded == others.folded


def numbered(codes: ScopeCodes, plain: dict[ScopeKey, int], scope: ScopeKey, most: int) -> int:
    """The code of one scope after others."""
    group = codes.numbers.get(scope[0])
    if group is None:
        return plain.setdefault(scope, -1)
    if scope not in plain:
        rows = {code for code in plain.values() if code >= 0}
        own = scope
        if len(rows) >= most:
            own = scope[0], (OTHER,) * len(scope[1])
        row = sum(code >> ROW_BITS == group for code in rows)
        plain[scope] = plain.setdefault(own, group << ROW_BITS | row)
    return plain[scope]


def test_a_scope_is_unmet_again_when_some_were_let_go() -> None:
    """What was found before does not hold then."""
    codes, scopes = fresh(9), spelled([("channel|channel", ("a",))])
    codes.of(scopes)
    assert codes.unmet(scopes) == []
    codes.forget()
    assert codes.of(scopes).tolist() == [codes.numbers["channel|channel"] << ROW_BITS]
    codes.forget()
    assert codes.unmet(scopes) == scopes.bytes


def test_a_scope_whose_hash_begins_like_another_has_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a hash does not make it known."""
    monkeypatch.setattr(
        scope_codes, "xxh3_128_digest", lambda spelling: bytes(8) + bytes(spelling)[-8:].rjust(8)
    )
    codes = fresh(9)
    scopes: list[ScopeKey] = [("channel|channel", (name,)) for name in "abc"]
    for keys in (scopes[:2], scopes[1:], scopes):
        expected = [codes.numbers["channel|channel"] << ROW_BITS | scopes.index(key) for key in keys]
        assert codes.of(keys).tolist() == expected
