"""Simulate: false pages and delays of rules, and the command."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, Budget, Relative, Rule, Rulebook, SuddenRelative
from alerts.worsening import Against, Worsening
from stream.cli.simulate import command
from stream.simulate.outcomes import RuleOutcome, false_pages
from stream.simulate.question import REST_SEED, Fall, Question
from stream.simulate.rhythm import Rhythm
from stream.simulate.simulation import Simulation
from tests.simulated import RULES, book, rule

QUESTION = Question(
    healthy=85, falls=(Fall(40),), per_day=60, scopes=20, months=1, seed=1, patience_ms=3 * DAY_MS, days=3
)


def by_name(outcomes: list[RuleOutcome]) -> dict[str, RuleOutcome]:
    """Outcomes by their rules' names."""
    return {outcome.rule.name: outcome for outcome in outcomes}


def simulate(rulebook: Rulebook, rules: list[Rule], question: Question) -> list[RuleOutcome]:
    """What comes of it; nobody watches."""
    return Simulation(rulebook, rules, question).run(lambda _: None)


@pytest.fixture
def outcomes() -> dict[str, RuleOutcome]:
    """A doubting threshold and sudden detection, each with the plain threshold beside it."""
    return by_name(simulate(book(), [rule("low"), rule("sudden")], QUESTION))


def test_doubt_and_sequences_page_far_less_than_a_plain_threshold(outcomes: dict[str, RuleOutcome]) -> None:
    """And all of them see a collapse."""
    assert list(outcomes) == ["low", "low, plain", "sudden", "sudden, plain"]
    assert outcomes["low"].pages <= 0.1 * outcomes["low, plain"].pages
    assert outcomes["sudden"].pages <= 1
    assert outcomes["low, plain"].beside == "low"
    for outcome in outcomes.values():
        (seen,) = outcome.falls
        assert seen.share == 1
        assert 0 < seen.answers[0] <= seen.answers[1] < 150
        assert seen.seconds[0] <= seen.seconds[1] < 3 * 86_400


def test_the_same_seed_gives_the_same_figures() -> None:
    """To the last page."""
    question = replace(QUESTION, scopes=3, falls=())
    first, second = (simulate(book(), [rule("low")], question) for _ in range(2))
    assert first == second


def test_it_says_how_far_it_is() -> None:
    """In hours of scopes, rising up to what was said beforehand, even if every fall is seen early."""
    windows = (6 * HOUR_MS, 2 * DAY_MS)
    simulation = Simulation(
        book(), [rule("low"), rule("sudden")], replace(QUESTION, scopes=3, healthy=95, tune_ms=windows)
    )
    told: list[int] = []
    simulation.run(told.append)
    assert told == sorted(told)
    assert len(told) > 20
    assert 0.9 * simulation.hours() < told[-1] <= simulation.hours()


@pytest.mark.parametrize(
    "names",
    [("low", "sudden", "spent", "gap", "worse"), ("surge", "hush")],
)
def test_rules_apart_do_what_they_do_together(names: tuple[str, ...]) -> None:
    """A rule's panes, people and pages are the same whatever else is simulated; so cores may share them."""
    volumes = names[0] == "surge"
    question = replace(QUESTION, scopes=3, per_day=24, falls=(Fall(times=0.0),) if volumes else (Fall(40),))
    if volumes:
        question = replace(question, healthy=None, rhythm=Rhythm.even(1.0, 0.1, 0.0))
    question = replace(question, tune_ms=(6 * HOUR_MS, DAY_MS))
    rules = [rule(name) for name in names]
    apart = Simulation(book(), rules, question, apart=True)
    assert len(apart.jobs()) == len(rules)
    assert shown(apart.run(lambda _: None)) == shown(simulate(book(), rules, question))


def shown(outcomes: list[RuleOutcome]) -> list[str]:
    """In words, of which nan is like nan."""
    return [repr(outcome) for outcome in outcomes]


def test_a_fall_that_is_none_is_not_seen_by_half() -> None:
    """From 95 to 90 against a floor of 75: the delay has no median."""
    question = replace(QUESTION, healthy=95, falls=(Fall(90),), patience_ms=DAY_MS)
    seen = simulate(book(), [rule("sudden")], question)[0].falls[0]
    assert seen.share < 0.5
    assert seen.answers[0] == float("inf")


def test_a_fall_begins_while_a_rule_with_hours_is_open() -> None:
    """It was told as seen so much later as the desk is closed at midnight (UTC), up to days."""
    low = rule("low")
    hours = OpenHours("Asia/Kolkata", spans=((4, 9 * 60, 22 * 60),))  # Fridays
    desk = replace(low, name="desk", detect=replace(low.detect, hours=hours))
    question = replace(QUESTION, per_day=480)
    always, open_on_fridays = (by_name(simulate(book(), [each], question))[each.name] for each in (low, desk))
    (seen,), (usual,) = open_on_fridays.falls, always.falls
    assert seen.share == 1
    assert seen.seconds[1] < 2 * usual.seconds[1]


def test_a_plain_window_can_be_tuned_to_as_few_pages() -> None:
    """The shortest one that pages no oftener, and it is slower to see a collapse."""
    windows = (6 * HOUR_MS, 2 * DAY_MS, 5 * DAY_MS)
    found = simulate(book(), [rule("sudden")], replace(QUESTION, healthy=88, tune_ms=windows))
    own, tuned = found[0], found[-1]
    assert tuned.rule.name.startswith("sudden, plain over ")
    assert tuned.pages <= own.pages
    assert tuned.falls[0].answers[0] > own.falls[0].answers[0]


def test_falls_can_be_watched_in_some_of_the_scopes() -> None:
    """What is seen of them is what these scopes alone would see; false pages are counted in all, afresh."""
    asked = replace(QUESTION, healthy=82, scopes=6, months=2)
    few, part = (
        by_name(simulate(book(), [rule("low")], each))["low, plain"]
        for each in (replace(asked, scopes=4, months=1), replace(asked, watched=4))
    )
    rest = replace(asked, scopes=8, months=1, seed=asked.seed + REST_SEED, falls=())
    others = by_name(simulate(book(), [rule("low")], rest))["low, plain"]
    assert part.falls == few.falls
    assert part.pages == few.pages + others.pages > few.pages
    assert part.scope_months == pytest.approx(12 * 3 / 30)
    assert part.firing == pytest.approx((4 * few.firing + 8 * others.firing) / 12)


def test_a_gap_is_compared_with_its_own_past() -> None:
    """After the week that it is compared with, a value that falls is seen, and nobody is paged before."""
    question = replace(QUESTION, scopes=3, per_day=120, days=2, falls=(Fall(30),))
    (own, plain) = simulate(book(), [rule("lag")], question)
    assert (own.pages, own.falls[0].share) == (0, 1)
    assert plain.pages > 0


def test_burn_rules_are_simulated_too() -> None:
    """All the budget's windows, and the plain target beside them."""
    found = by_name(simulate(book(), [rule("spent")], replace(QUESTION, scopes=3, healthy=90, days=1)))
    assert found["spent"].pages <= found["spent, plain"].pages
    assert found["spent"].falls[0].share == 1


def test_rules_that_compare_with_earlier_weeks_are_simulated_too() -> None:
    """Each scope is compared with its own weeks; a collapse is seen by all, and steady scores page nobody."""
    detect = Relative(
        against=Against.LAST_WEEK, window_ms=DAY_MS, warning=None, critical=Worsening(15), confidence=0.9
    )
    worse = replace(rule("worse"), detect=detect)
    sudden = replace(
        worse,
        name="sudden",
        detect=SuddenRelative(Against.LAST_WEEK, Worsening(10), Budget(1, 30 * DAY_MS)),
    )
    asked = replace(QUESTION, per_day=70, scopes=3)
    found = by_name(simulate(book(), [worse, sudden], asked))
    assert list(found) == ["worse", "worse, plain", "sudden", "sudden, plain"]
    assert found["worse"].pages == 0
    assert found["sudden"].pages < found["sudden, plain"].pages
    assert {each.falls[0].share for each in found.values()} == {1}


def test_false_pages_have_an_interval() -> None:
    """Ten pages in five months of scopes."""
    rate, low, high = false_pages(RuleOutcome(rule=rule("low"), beside=None, scope_months=5, pages=10))
    assert rate == 2
    assert 0.9 < low < 1.1
    assert 3.6 < high < 3.8


def run(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """The command with the rules above: exit code, output, the operator's message."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES, "utf-8")
    fixed = ["--rules", str(rules), "--healthy", "85", "--per-day", "40", "--scopes", "4", "--months", "1"]
    result = CliRunner().invoke(command, [*fixed, *arguments])
    said = result.stdout if result.exit_code == 0 else result.output  # progress goes to stderr
    return result.exit_code, said, str(result.exception or "")


def test_the_command_prints_a_table_and_writes_a_page(tmp_path: Path) -> None:
    """With each rule, the plain threshold beside it, and the delays; the page fetches nothing."""
    page = tmp_path / "page.html"
    code, out, _ = run(tmp_path, "--rule", "sudden", "--fall", "40", "--html", str(page))
    assert code == 0
    assert "4 scopes with 40 answers a day each, csat 85 when all is well" in out
    assert "\nsudden " in out
    assert "\n  sudden, plain " in out
    html = page.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert html.count("<svg") == 2
    assert "http" not in html


def test_the_command_gives_json(tmp_path: Path) -> None:
    """One object, with null for what has no median."""
    code, out, _ = run(tmp_path, "--rule", "sudden", "--fall", "84", "--patience", "6h", "--json")
    assert code == 0
    told = orjson.loads(out)
    own = told["rules"][0]
    assert (own["rule"], own["detect"], own["scope_months"], own["beside"]) == ("sudden", "sudden", 4, None)
    assert own["falls"][0]["answers_median"] is None
    assert told["rules"][1]["beside"] == "sudden"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--rule", "nope"],
            "--rule: want one of low, sudden, spent, quiet, gap, lag, worse, surge, hush, got nope",
        ),
        (
            ["--indicator", "nps"],
            "want a rule that can be simulated (threshold, sudden, burn or gap), got none",
        ),
        (["--patience", "soon"], "--patience: want"),
        (["--patience", "0s"], "--patience: want"),
        (["--fall", "140"], "want a score of 0 to 100 for csat, got 140"),
        (["--fall", "90"], "--fall: want a score below the healthy 85, got 90"),
        (["--fall", "2x"], "--fall: want a score such as 60 for rules on scores, got 2x"),
        (["--rule", "surge"], "--healthy: want it for rules on scores only, got rules on contacts"),
        (["--per-hour", "2"], "want one of --per-day, --per-hour and --volume, got --per-day, --per-hour"),
        (["--fall", "half"], "--fall: want a score such as 60, or times such as 2x, got half"),
        (["--rule", "low", "--html", "/no/such/place"], "--html: /no/such/place: want a file that can be"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, arguments: list[str], message: str) -> None:
    """Wanted and found."""
    _, _, error = run(tmp_path, *arguments)
    assert message in error


@pytest.mark.parametrize("per_day", ["1e9", "0", "-1"])
def test_only_what_a_simulation_is_good_for_is_simulated(tmp_path: Path, per_day: str) -> None:
    """Neither nothing nor everything comes in."""
    _, _, error = run(tmp_path, "--rule", "sudden", "--per-day", per_day)
    assert error.startswith("--per-day: want 0.1 to 1,000,000, got ")


def test_too_much_is_told_of_what_was_given(tmp_path: Path) -> None:
    """An option that nobody used is not blamed."""
    _, _, error = volumes(tmp_path, "--per-hour", "1e9", "--rule", "surge")
    assert error == "--per-hour: want on an average day 0.1 to 1,000,000, got 2.4e+10"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--months", "9" * 30], "is not in the range 1<=x<=100000"),
        (["--scopes", "9" * 20], "is not in the range 1<=x<=100000"),
        (["--scopes", "5000", "--months", "5000"], "want 100,000 months of scopes at most, got 25,000,000"),
        (["--noise", "nan"], "nan is no number"),
        (["--drift", "nan"], "nan is no number"),
    ],
)
def test_no_more_is_simulated_than_there_is_room_for(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Nor with noise that is no number."""
    code, out, error = run(tmp_path, "--rule", "sudden", *arguments)
    assert code
    assert message in out + error


def test_a_page_that_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    """And one that is there stays as it is when something else is wrong."""
    page = tmp_path / "page.html"
    page.write_text("old")
    _, _, error = run(tmp_path, "--rule", "sudden", "--fall", "140", "--html", str(page))
    assert "want a score of 0 to 100" in error
    assert page.read_text() == "old"
    _, out, error = run(tmp_path, "--rule", "sudden", "--fall", "140", "--html", str(tmp_path))
    assert "is a directory" in out + error


def test_a_seed_below_zero_is_a_mistake(tmp_path: Path) -> None:
    """Not a crash."""
    code, out, _ = run(tmp_path, "--seed", "-1")
    assert code == 2
    assert "Invalid value for '--seed'" in out


def volumes(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """The command on the rules about volume."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.replace("learn: 7d", "learn: 2d"), "utf-8")
    fixed = ["--rules", str(rules), "--scopes", "3", "--months", "1", "--indicator", "contacts"]
    result = CliRunner().invoke(command, [*fixed, *arguments])
    return result.exit_code, result.stdout, str(result.exception or "")


def test_surge_and_silence_are_simulated_from_a_profile(tmp_path: Path) -> None:
    """A tenfold volume and a halt are seen by all, each by the rule that is there for it, and explained."""
    profile = tmp_path / "profile.csv"
    profile.write_text("hour,events\n" + "".join(f"{hour},{1 + hour % 12 / 6}\n" for hour in range(24)))
    falls = ["--fall", "10x", "--fall", "0x", "--patience", "2d"]
    code, out, error = volumes(tmp_path, "--volume", str(profile), *falls, "--json", "--explain")
    assert (code, error) == (0, "")
    told = orjson.loads(out)
    assert told["per_day"] == pytest.approx(46)
    rules = {each["rule"]: each for each in told["rules"]}
    assert list(rules) == ["surge", "surge, plain", "hush", "hush, plain"]
    assert [fall["to"] for fall in rules["surge"]["falls"]] == ["10x", "0x"]
    shares = {name: [fall["seen_share"] for fall in rules[name]["falls"]] for name in ("surge", "hush")}
    assert shares == {"surge": [1, 0], "hush": [0, 1]}
    reasons = [each["reason"] for each in told["explained"]]
    assert {each["scope"]["channel"] for each in told["explained"]} == {"000000"}
    assert any("were expected and at most" in reason for reason in reasons)
    assert any("were expected and at least" in reason for reason in reasons)


def test_explanations_stand_before_the_table(tmp_path: Path) -> None:
    """One line for each reading."""
    code, out, _ = volumes(tmp_path, "--per-hour", "1", "--rule", "surge", "--explain", "--noise", "0")
    assert code == 0
    before, after = out.split("3 scopes with 24 contacts a day each\n")
    assert before.count("  surge  000000  ") == len(before.splitlines()) > 10
    assert "\n  surge, plain" in after


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "want one of --per-day, --per-hour and --volume, got none"),
        (["--per-hour", "1", "--fall", "2"], "--fall: want times the volume such as 2x for rules on volume"),
        (["--volume", "no.csv"], "no.csv: want a file that can be read"),
        (["--per-hour", "1", "--rule", "low"], "want a rule that can be simulated (surge or silence"),
    ],
)
def test_mistakes_about_volumes_are_explained(tmp_path: Path, arguments: list[str], message: str) -> None:
    """Wanted and found."""
    _, _, error = volumes(tmp_path, *arguments)
    assert message in error


def test_a_gap_is_one_value_that_falls_among_four() -> None:
    """A scope is its four values: few false pages, and a page for the one that fell."""
    question = replace(QUESTION, scopes=4, per_day=120, days=2, falls=(Fall(30),))
    found = by_name(simulate(book(), [rule("gap")], question))
    assert found["gap"].scope_months == pytest.approx(4 * 2 / 30)
    assert found["gap"].pages == 0
    assert found["gap"].falls[0].share == 1
    assert found["gap, plain"].pages > 0
