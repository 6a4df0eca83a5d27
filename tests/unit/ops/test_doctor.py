"""The doctor's findings, each with its fix."""

from pathlib import Path

import pytest

from stream.ops.doctor import CheckState, clock, keys, rules_checks, versions

GOOD = {"faust-streaming": "0.15.3"}


def test_versions_that_were_tested_together_pass() -> None:
    """The pinned versions, on a Python that we support."""
    assert versions((3, 11), GOOD)[0].state is CheckState.OK


@pytest.mark.parametrize(
    ("python", "installed", "fix"),
    [
        ((3, 10), GOOD, "install Python 3.11 or newer"),
        ((3, 12), {"faust-streaming": "0.15.4"}, "pip install faust-streaming==0.15.3"),
        ((3, 12), {"faust-streaming": None}, "pip install faust-streaming==0.15.3"),
    ],
)
def test_other_versions_fail_with_the_command_that_helps(
    python: tuple[int, int], installed: dict[str, str | None], fix: str
) -> None:
    """We override private methods, so near is not good enough."""
    (check,) = versions(python, installed)
    assert (check.state, check.fix) == (CheckState.FAIL, fix)


RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80}
receivers:
  - {name: desk, webhook: {url: "http://desk.example/", secret_env: HOOK}}
  - {name: open, webhook: {url: "http://open.example/"}}
"""


def test_rules_and_secrets_are_looked_for(tmp_path: Path) -> None:
    """A missing secret fails, a receiver without one is a warning."""
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    states = {check.name: check.state for check in rules_checks(file, {})}
    assert states == {
        "rules": CheckState.OK,
        "receiver desk": CheckState.FAIL,
        "receiver open": CheckState.WARN,
    }
    secret = {"HOOK": "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}
    assert rules_checks(file, secret)[1].state is CheckState.OK


def test_wrong_rules_fail_with_the_first_problem(tmp_path: Path) -> None:
    """And with the command that shows them all."""
    file = tmp_path / "rules.yaml"
    file.write_text("rules: 3\n")
    (check,) = rules_checks(file, {})
    assert check.state is CheckState.FAIL
    assert check.found.startswith(f"{file}:1:")
    assert check.fix == f"put it right, then: tocsin check {file}"


def test_the_starter_rules_pass() -> None:
    """Without a file the shipped rules are what a worker takes."""
    assert rules_checks(None, {})[0].state is CheckState.OK


@pytest.mark.parametrize(
    ("newest_ms", "state"), [(0, CheckState.OK), (59_000, CheckState.OK), (61_000, CheckState.FAIL)]
)
def test_a_record_from_the_future_means_a_wrong_clock(newest_ms: float, state: CheckState) -> None:
    """A minute is allowed for."""
    assert clock(newest_ms, 0).state is state


def _feedback(key: bytes | None, customer: str | None) -> tuple[bytes | None, bytes | None]:
    text = "null" if customer is None else f'"{customer}"'
    return key, f'{{"id": "i1", "customer": {text}}}'.encode()


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], CheckState.OK),
        ([_feedback(b"c", "c"), _feedback(b"i1", None)], CheckState.OK),
        ([_feedback(None, "c")], CheckState.WARN),
        ([_feedback(b"x", "c")] + [_feedback(b"c", "c")] * 30, CheckState.OK),
        ([(b"x", b"not json"), (b"x", None), (b"x", b"[]")], CheckState.OK),
    ],
)
def test_keys_should_be_customers(
    records: list[tuple[bytes | None, bytes | None]], state: CheckState
) -> None:
    """Otherwise one customer's contacts do not meet, and repeats are missed; a few may be accidents."""
    assert keys(records).state is state
