"""Trouble that people in the field reported, rebuilt as small inputs: what their readers are told."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from click.testing import CliRunner

from stream.cli.backtest import command as backtest
from stream.cli.check import command as check

MONDAY_S = 1_772_409_600
"""2 March 2026, 00:00 UTC."""
HOUR_S, DAY_S = 3600, 86_400
Event = Mapping[str, Any]


def ran(folder: Path, rules: str, events: Iterable[Event], *words: str) -> str:
    """What a backtest prints."""
    (folder / "rules.yaml").write_text(rules)
    (folder / "events.ndjson").write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    files = ["--rules", str(folder / "rules.yaml"), "--events", str(folder / "events.ndjson")]
    result = CliRunner().invoke(backtest, [*files, *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def alerts(text: str) -> list[dict[str, Any]]:
    """The transitions of a run with `--json`."""
    return [orjson.loads(line) for line in text.splitlines()]


def answer(number: int, at_s: float, score: int, **fields: Any) -> Event:
    """A CSAT answer."""
    return {"id": f"a{number}", "at": at_s, "channel": "chat", "indicator": "csat", "score": score, **fields}


def case(event: str, at_s: float, number: int, **fields: Any) -> Event:
    """A step in the life of a case."""
    named = {"channel": "email", "customer": f"c{number}", "case": f"T-{number}", "event": event}
    return {"id": f"{number}-{at_s}", "at": at_s, **named, **fields}


def test_nobody_is_paged_for_good_news_after_a_quiet_night(tmp_path: Path) -> None:
    """Firing at closing time, no data overnight, all well next morning: stale, then resolved."""
    evening = [answer(n, MONDAY_S + 16 * HOUR_S + 60 * n, 1 if n % 5 < 3 else 5) for n in range(120)]
    morning = [answer(200 + n, MONDAY_S + 32 * HOUR_S + 60 * n, 5) for n in range(120)]
    rules = (
        "rules: [{name: low, indicator: csat, by: [channel], window: 30m, warning: 80, critical: 60,"
        " min_answers: 20}]"
    )
    found = alerts(ran(tmp_path, rules, [*evening, *morning], "--json"))
    assert [each["state"] for each in found] == ["firing", "firing", "stale", "resolved"]
    for each in found:
        if "below the" in each["summary"]:
            assert each["value"] < each["limit"]


def test_a_score_that_hovers_at_its_critical_limit_is_one_page(tmp_path: Path) -> None:
    """Between 58 and 62 % for a day, with a critical limit of 60: it is critical once, and stays so."""
    rules = (
        "rules: [{name: low, indicator: csat, by: [channel], window: 1h, warning: 80, critical: 60,"
        " confidence: 0.5}]"
    )
    events = [
        answer(n, MONDAY_S + 30 * n, 5 if n * 13 % 100 < (63 if n // 120 % 2 else 55) else 1)
        for n in range(24 * 120)
    ]
    found = alerts(ran(tmp_path, rules, events, "--json"))
    loud = [each for each in found if (each["state"], each["severity"]) == ("firing", "critical")]
    assert len(loud) == 1
    assert len(found) <= 3


def test_a_reopened_case_lasts_until_its_final_solution(tmp_path: Path) -> None:
    """Solved after an hour, reopened after three days, solved again: one case of 73 h, target missed."""
    at_s = MONDAY_S + 9 * HOUR_S
    lives = [("contact", 0), ("resolved", 1), ("reopened", 72), ("resolved", 73)]
    events = [case(event, at_s + hours * HOUR_S, 1) for event, hours in lives]
    events += [case("contact", at_s + hours * HOUR_S, 100 + hours) for hours in range(0, 96, 6)]
    rules = "rules: [{name: within, indicator: ttr_within, by: [channel], window: 7d, warning: 1}]"
    text = ran(tmp_path, rules, sorted(events, key=lambda each: each["at"]), "--report", "1w")
    assert "3 d 1 h (1)" in text
    assert "0.0 % (1)" in text


def test_a_case_that_was_open_for_months_is_timed(tmp_path: Path) -> None:
    """Where resolutions do not say when their cases were opened, the oldest are the worst ones."""
    events = [case("contact", MONDAY_S, 1)]
    events += [case("contact", MONDAY_S + day * DAY_S, 100 + day) for day in range(200)]
    events += [case("resolved", MONDAY_S + 200 * DAY_S, 1)]
    rules = "rules: [{name: slow, indicator: ttr, by: [channel], window: 30d, warning: 1}]"
    assert "200 d (1)" in ran(tmp_path, rules, events, "--report", "1w")


def test_resolutions_of_unknown_cases_are_told(tmp_path: Path) -> None:
    """What cannot be timed is not lost without a word."""
    events = [case("resolved", MONDAY_S, 1), case("contact", MONDAY_S + HOUR_S, 2)]
    text = ran(tmp_path, "rules: [{name: slow, indicator: ttr, warning: 1, by: []}]", events)
    assert "1 resolved, but not timed" in text


def test_callers_who_hang_up_at_once_are_wrong_numbers(tmp_path: Path) -> None:
    """6 of 100 within 5 s, 4 later: 4 of 94 are 4.3 %, and nobody is paged at a limit of 8."""
    waits = dict.fromkeys(range(6), 2) | dict.fromkeys(range(6, 10), 40)
    events = [
        {
            "id": f"k{n}", "at": MONDAY_S + 36 * n, "channel": "phone", "customer": f"p{n}",
            "event": "contact" if n % 10 else "abandoned", "wait_s": 9 if n % 10 else waits[n // 10],
        }
        for n in range(100)
    ]  # fmt: skip
    rule = (
        "rules: [{name: lost, indicator: abandonment, by: [channel], window: 1h, warning: 8, confidence: 0}]"
    )
    plain = ran(tmp_path, rule, events, "--report", "1d")
    assert "10.0 % (100)" in plain
    text = ran(
        tmp_path, f"indicators: {{abandonment: {{ignore_under: 5s}}}}\n{rule}", events, "--report", "1d"
    )
    assert "Nothing fired." in text
    assert "4.3 % (94)" in text


def test_one_form_that_asks_three_questions_gives_three_answers(tmp_path: Path) -> None:
    """The same id under CSAT and NPS is no duplicate."""
    both = [{"indicator": "csat", "score": 5}, {"indicator": "nps", "score": 9}]
    events = [
        {"id": f"r{n}", "at": MONDAY_S + n, "channel": "web", **answered}
        for n in range(4)
        for answered in both
    ]
    rules = "rules: [{name: low, indicator: csat}, {name: nps, indicator: nps}]"
    text = ran(tmp_path, rules, events, "--report", "1d")
    assert "8 accepted" in text
    assert "100.00 (4)" in text


def test_a_second_team_is_not_charged_with_what_the_first_left_undone(tmp_path: Path) -> None:
    """Forty customers whom one team failed call another: `gap` must not page the second."""
    events = [
        {"id": f"{team}{n}", "at": at_s + n, "channel": "phone", "customer": f"c{n}", "team": team}
        for team, at_s in (("A", MONDAY_S + 9 * HOUR_S), ("B", MONDAY_S + 11 * HOUR_S))
        for n in range(40)
    ]
    rules = "rules: [{name: gap, detect: gap, indicator: fcr, across: team, window: 1d}]"
    text = ran(tmp_path, rules, events, "--report", "1d")
    lines = [line.split() for line in text.splitlines() if line.startswith("in all")]
    assert [line[3:] for line in lines] == [["A", "40", "50.0", "%", "(80)"], ["B", "40", "-"]]


def test_open_until_a_minute_to_midnight_is_open_until_midnight(tmp_path: Path) -> None:
    """24/7 written 00:00-23:59 never closes; `check` says how it is taken."""
    rule = '{{name: s, detect: silence, indicator: contacts, at_least: 5 per 6h, open: ["Mon-Sun 00:00-{}"]}}'
    for end, remark in (("23:59", True), ("24:00", False)):
        (tmp_path / "r.yaml").write_text(f"rules: [{rule.format(end)}]")
        result = CliRunner().invoke(check, [str(tmp_path / "r.yaml")])
        assert "00:00-24:00" in result.output or "open" not in result.stdout
        assert ("23:59 is taken as open until midnight" in result.output) is remark


def test_rules_have_names_in_any_script(tmp_path: Path) -> None:
    """As have the values of dimensions."""
    events = [
        {"id": f"e{n}", "at": MONDAY_S + n, "channel": "téléphone", "indicator": "csat", "score": 1}
        for n in range(40)
    ]
    for name in ("réclamation", "жалоба", "苦情", "शिकायत"):
        found = alerts(ran(tmp_path, f"rules: [{{name: {name}, indicator: csat}}]", events, "--json"))
        assert found[0]["rule"] == name
        assert found[0]["scope"] == {"channel": "téléphone"}


def test_months_and_quarters_are_those_of_the_calendar_where_the_reader_is(tmp_path: Path) -> None:
    """An hour before midnight UTC is the next month in Paris; months are not equally long."""
    times = ["2025-12-31T22:30:00Z", "2025-12-31T23:30:00Z", "2026-02-28T12:00:00Z", "2026-03-31T22:30:00Z"]
    events = [{"id": f"c{n}", "at": at, "channel": "phone"} for n, at in enumerate(times)]
    rule = "rules: [{name: few, detect: silence, indicator: contacts, by: [channel], at_least: 1 per 30d}]"

    def starts(period: str, zone: str) -> list[tuple[str, int]]:
        text = ran(tmp_path, rule, events, "--report", period, "--time-zone", zone)
        table = text[text.index("Per period") :].splitlines()[2:]
        return [(line.split()[0], int(line.split()[2])) for line in table if line.startswith("20")]

    paris = "Europe/Paris"
    assert starts("month", paris) == [
        ("2025-12-01", 1),
        ("2026-01-01", 1),
        ("2026-02-01", 1),
        ("2026-04-01", 1),
    ]
    assert starts("quarter", paris) == [("2025-10-01", 1), ("2026-01-01", 2), ("2026-04-01", 1)]
    assert starts("quarter", "UTC") == [("2025-10-01", 2), ("2026-01-01", 2)]


ONE_VOTER = [
    *(answer(n, MONDAY_S + 30 * n, 1 if n % 10 == 0 else 5, customer=f"c{n}") for n in range(60)),
    *(answer(100 + n, MONDAY_S + 900 + 30 * n + 7, 1, customer="angry") for n in range(40)),
]
"""Sixty customers of whom 90 % are satisfied, and one who answers forty times."""


def test_the_notice_says_when_one_customer_gave_many_of_the_answers(tmp_path: Path) -> None:
    """Whoever is paged sees that it may be one person's doing, by number and in evidence."""
    rules = "rules: [{name: low, indicator: csat, by: [channel], window: 1h, warning: 80}]"
    events = sorted(ONE_VOTER, key=lambda each: each["at"])
    first = alerts(ran(tmp_path, rules, events, "--json"))[0]
    found = first["evidence"]["further_answers"]
    assert (found["of"], found["customers"]) == (first["n"], 1)
    assert f"{found['answers']} of these are further answers of 1 customer" in first["summary"]


def test_one_answer_per_customer_and_day_pages_nobody_for_one_voter(tmp_path: Path) -> None:
    """Neither a limit nor sudden detection sees more than one, be it the first or the last."""
    events = sorted(ONE_VOTER, key=lambda each: each["at"])
    rules = (
        "rules: [{name: low, indicator: csat, by: [channel], window: 1h, warning: 80},"
        " {name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 75}]"
    )
    assert alerts(ran(tmp_path, rules, events, "--json"))
    for keep in ("first", "last"):
        option = f"indicators: {{csat: {{one_answer_per: 1d, keep: {keep}}}}}\n"
        text = ran(tmp_path, option + rules, events, "--report", "1d")
        assert "Nothing fired." in text
        assert "88.5 % (61)" in text


OFFICE = 'open: ["Mon-Fri 08:00-17:00"], time_zone: Europe/Paris'


def test_cases_take_working_time_where_hours_are_given(tmp_path: Path) -> None:
    """Opened on Friday at 16:30, solved on Monday at 08:30: an hour of work, and its target of 8 h is met."""
    friday_s = MONDAY_S + 4 * DAY_S
    events = [case("contact", friday_s + 15.5 * HOUR_S, n) for n in range(3)]
    events += [case("resolved", friday_s + (72 + 7.5) * HOUR_S, n) for n in range(3)]
    rules = (
        "rules: [{name: late, indicator: ttr_within, by: [channel], window: 7d, warning: 80, min_answers: 2}]"
    )
    assert "2 d 16 h (3)" in ran(tmp_path, rules, events, "--report", "1w")
    worked = f"indicators: {{ttr: {{target: 8h, {OFFICE}}}}}\n{rules}"
    text = ran(tmp_path, worked, events, "--report", "1w")
    assert "  1 h (3)" in text
    assert "100.0 % (3)" in text
    assert "Nothing fired." in text


def test_waits_run_while_the_doors_are_open(tmp_path: Path) -> None:
    """A mail of Friday evening that is answered on Monday at 08:15 has waited for a quarter of an hour."""
    evening_s, monday_s = MONDAY_S + 4 * DAY_S + 19 * HOUR_S, MONDAY_S + 7 * DAY_S + 7.25 * HOUR_S
    events = [
        {
            "id": f"m{n}",
            "at": evening_s,
            "channel": "email",
            "customer": f"c{n}",
            "wait_s": monday_s - evening_s,
        }
        for n in range(4)
    ]
    rules = "rules: [{name: slow, indicator: wait, by: [channel], window: 1h, warning: 80}]"
    assert "  0.0 % (4)" in ran(
        tmp_path, f"indicators: {{wait: {{target: 20m}}}}\n{rules}", events, "--report", "1d"
    )
    worked = f"indicators: {{wait: {{target: 20m, {OFFICE}}}}}\n{rules}"
    assert "100.0 % (4)" in ran(tmp_path, worked, events, "--report", "1d")


def test_what_is_said_of_hours_and_of_one_answer_goes_out_with_the_score(tmp_path: Path) -> None:
    """A number is no use to whoever does not know what it counts."""
    rules = (
        f"indicators: {{csat: {{one_answer_per: 1d}}, ttr: {{target: 1h, {OFFICE}}}}}\n"
        "rules: [{name: low, indicator: csat},"
        " {name: late, indicator: ttr_within, warning: 80, min_answers: 1}]"
    )
    answers = [answer(n, MONDAY_S + n, 1) for n in range(30)]
    cases = [
        case(event, MONDAY_S + at, n)
        for n in range(9)
        for event, at in (("contact", 0), ("resolved", 40 * HOUR_S))
    ]
    cases.append(case("contact", MONDAY_S + 41 * HOUR_S, 99))
    events = sorted([*answers, *cases], key=lambda each: each["at"])
    definitions = {
        each["rule"]: each["definition"] for each in alerts(ran(tmp_path, rules, events, "--json"))
    }
    assert definitions["low"]["one_answer_per_s"] == DAY_S
    assert definitions["low"]["keep"] == "first"
    assert definitions["late"]["open"] == "open Mon-Fri 08:00-17:00; Europe/Paris"


def test_a_channel_that_the_rule_names_is_missed_from_the_first(tmp_path: Path) -> None:
    """Chat was never connected: it is silent as any other channel would be, and mail is nobody's business."""
    events = [{"id": f"p{n}", "at": MONDAY_S + 120 * n, "channel": "phone"} for n in range(60)]
    events += [{"id": f"m{n}", "at": MONDAY_S + 7199 + n, "channel": "email"} for n in range(3)]
    where = "where: {channel: [phone, chat]}, at_least: 5 per 30m"
    rules = f"rules: [{{name: silent, detect: silence, indicator: contacts, by: [channel], {where}}}]"
    found = alerts(ran(tmp_path, rules, events, "--json"))
    assert [(each["state"], each["scope"], each["at"], each["n"]) for each in found] == [
        ("firing", {"channel": "chat"}, "2026-03-02T00:30:00Z", 0)
    ]


def test_a_transfer_is_no_further_contact(tmp_path: Path) -> None:
    """Thirty callers of whom ten are passed on: thirty contacts, of which twenty were resolved at first."""
    lines = []
    for number in range(30):
        at_s = MONDAY_S + 36_000 + 60 * number
        who = {"channel": "phone", "customer": f"c{number}"}
        lines.append({"id": f"a{number}", "at": at_s, **who})
        if number % 3 == 0:
            lines.append({"id": f"b{number}", "at": at_s + 90, "event": "transferred", **who})
    rules = "rules: [{name: f, indicator: fcr, window: 2h, warning: 50}]"
    text = ran(tmp_path, rules, lines, "--report", "1d")
    assert re.search(r"in all +phone +30 +66\.7 % \(30\)", text)


@pytest.mark.parametrize("zone", ["", ", time_zone: Europe/Paris"])
def test_a_learned_rhythm_outlives_the_change_to_winter_time(tmp_path: Path, zone: str) -> None:
    """Office hours of Paris, an hour later in UTC from 25 October on: neither too little nor too much."""
    paris = ZoneInfo("Europe/Paris")
    begins = datetime(2026, 10, 5, 8, tzinfo=paris)
    lines = [
        {
            "id": f"{day}-{number}", "channel": "phone",
            "at": (begins + timedelta(days=day, minutes=2 * number)).isoformat(),
        }
        for day in range(26)
        for number in range(300)
    ]  # fmt: skip
    learned = f"indicator: contacts, by: [channel], learn: 7d, false_pages: 1 per 30d{zone}"
    rules = f"rules: [{{name: hush, detect: silence, {learned}}}, {{name: rush, detect: surge, {learned}}}]"
    assert "Nothing fired." in ran(tmp_path, rules, lines)
