"""alerts.rulebook.reader: what it refuses, and how it says so."""

import contextlib
import string
from collections.abc import Sequence  # noqa: TC003  # as everywhere here

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Problem, RulebookError
from alerts.receivers.settings import is_url
from alerts.rulebook.reader import read_rulebook
from alerts.rules import Rulebook
from stream.indicators.catalogue import CATALOGUE
from tests.cpu import least_cpu_s

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # made up
ONE_RECEIVER = "receivers: [{name: a, webhook: {url: 'http://a'}}]"


def read(text: str) -> Rulebook:
    """The rulebook of a file called r.yaml."""
    return read_rulebook(text, "r.yaml", CATALOGUE)


def problems(text: str) -> list[str]:
    """What is wrong with a file, each problem as the operator sees it."""
    with pytest.raises(RulebookError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def complaint(fields: str) -> str:
    """The only problem of a file with one rule, without its place."""
    (found,) = problems(f"rules:\n  - {{name: r, {fields}}}")
    assert found.startswith("r.yaml:2:")
    return found.partition(": ")[2]


SCALE = (
    "r.yaml:2:28: indicators.csat.scale: want one of "
    '1-5, 1-7, 1-10, 0-10, yes-no, 1-3, 1-4, 1-6, thumbs, got "1-8"'
)


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    """Each with file, line, column, path, what was wanted and what was found."""
    assert problems("""
indicators: {csat: {scale: 1-8}}
rules:
  - name: csat-low
    indicator: csat
    windw: 30m
    critical: "80"
  - {name: csat-low, indicator: nps, window: 30 minutes}
routes:
  - receiver: ops
""") == [
        SCALE,
        'r.yaml:6:5: rules[0].windw: unknown field "windw" (did you mean "window"?)',
        'r.yaml:7:15: rules[0].critical: want a number, got "80"',
        'r.yaml:8:12: rules[1].name: want each rule once, got "csat-low" again',
        'r.yaml:8:46: rules[1].window: want a duration such as "30m", got "30 minutes"',
        'r.yaml:10:15: routes[0].receiver: want the name of a receiver (there are none), got "ops"',
    ]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ("indicator: cast", '(did you mean "csat"?)'),
        ("window: 30m", "missing, want an indicator such as csat"),
        ("indicator: fcr", "want warning or critical: fcr has no limit of its own"),
        ("indicator: csat, critical: 101", "want a limit within csat's range, 0 to 100, got 101"),
        ("indicator: nps, critical: -101", "want a limit within nps's range, -100 to 100, got -101"),
        ("indicator: ttr, critical: -1", "want a limit within ttr's range, at least 0, got -1"),
        ("indicator: ces, critical: 8", "want a limit within ces's range, 1 to 7, got 8"),
        ("indicator: csat, critical: .nan", "want a number, got .nan"),
        ("indicator: csat, critical: .inf", "want a number, got .inf"),
        ("indicator: csat, critical: true", "want a number, got true"),
        ("indicator: csat, critical: 1:30", "want a number, got 1:30"),
        ("indicator: csat, warning: 50, critical: 80", "want a limit above critical, 80, got 50"),
        ("indicator: csat, warning: 50, critical: 50", "want a limit above critical, 50, got 50"),
        ("indicator: ces, warning: 6, critical: 5", "want a limit below critical, 5, got 6"),
        ("indicator: csat, recover: 79", "want 80 or above, on the healthy side of the limit, got 79"),
        ("indicator: ces, recover: 5.5", "want 5 or below, on the healthy side of the limit, got 5.5"),
        ("indicator: csat, confidence: 1", "want a confidence from 0 to 0.999999, below 1, got 1"),
        ("indicator: csat, confidence: -0.1", "want a confidence from 0 to 0.999999, below 1"),
        ("indicator: csat, min_answers: 0", "want a whole number of at least 1, got 0"),
        ("indicator: csat, min_answers: 9000000000", "want a whole number of at most 1,000,000,000, got"),
        ("indicator: csat, min_answers: 1.5", "want a whole number of at least 1, got 1.5"),
        ("indicator: csat, window: 91d", 'want a duration of 10s to 90d, got "91d"'),
        ("indicator: csat, window: 5s", 'want a duration of 10s to 90d, got "5s"'),
        ("indicator: csat, window: 15s", 'want a multiple of the pane, 10s, got "15s"'),
        ("indicator: csat, window: 30", 'want a duration such as "30m", got 30: seconds (30s) or minutes?'),
        ("indicator: csat, window: 7 d", 'want a duration such as "30m", got "7 d" (write 7d)'),
        ("indicator: csat, warning: 80%", 'want a number, got "80%" (write 80)'),
        ("indicator: csat, warning: '80 %'", 'want a number, got "80 %" (write 80)'),
        ("indicator: ttr, warning: 1d", 'want a number of seconds, got "1d" (write 86400)'),
        ("indicator: csat, by: [chanel]", '(did you mean "channel"?)'),
        ("indicator: csat, by: channel", 'want a list of dimensions such as [channel], got "channel"'),
        ("indicator: csat, by: [channel, channel]", 'want each dimension once, got "channel" again'),
        ("indicator: csat, where: {stage: buy}", "want dimensions of by or across, channel, got stage"),
        ("indicator: csat, where: {channel: []}", "want at least one value, got none"),
        ("indicator: csat, open: []", "want at least one value, got none"),
        ("indicator: csat, open: Mon-Sun, outside: only", "want hours that leave some time outside"),
        ("indicator: contacts, detect: silence, at_least: 5 per week", 'want a rate such as "5 per 1h", got'),
        (
            "indicator: contacts, detect: silence, at_least: 0.5 per 1h",
            'want a rate of whole events such as "5 per 1h", got "0.5 per 1h"',
        ),
        ("indicator: csat, where: {channel: no}", 'want text, got no without quotes (write "no")'),
        ("indicator: csat, for: -1m", 'want a duration such as "30m", got "-1m"'),
        ("indicator: csat, detect: sudde", '(did you mean "sudden"?)'),
        ("indicator: csat, floor: 50", "has no meaning for detect: threshold (only for sudden)"),
        ("indicator: csat, detect: sudden", "missing, want the worst csat that is still healthy"),
        ("indicator: csat, detect: sudden, ceiling: 50", "want floor: low is bad for csat, got ceiling"),
        ("indicator: ces, detect: sudden, floor: 3", "want ceiling: high is bad for ces, got floor"),
        ("indicator: csat, detect: sudden, floor: 0", "want a number inside csat's range, 0 to 100, ends"),
        ("indicator: ttr, detect: sudden, ceiling: 60", "want one whose answers have two ends"),
        ("indicator: abandonment, detect: burn, target: 90", "high is bad for abandonment (perhaps 10)"),
        ("indicator: csat, detect: burn, target: 0.8", "low is bad for csat (perhaps 80), got 0.8"),
        ("indicator: contacts, detect: burn, target: 5", "want one whose answers have two ends"),
        ("indicator: contacts, detect: gap, across: channel", "want one whose answers have two ends"),
        (
            "indicator: csat, detect: sudden, floor: 50, false_pages: none",
            'want a budget such as "1 per 30d"',
        ),
        ("indicator: csat, detect: sudden, floor: 50, false_pages: 0 per 30d", "want a budget such as"),
        ("indicator: csat, detect: burn", "missing, want the csat to keep over the period"),
        ("indicator: csat, detect: burn, target: 80, windows: []", "want at least one pair of windows"),
        (
            "indicator: csat, detect: burn, target: 80, windows: [{long: 1h, short: 5m, rate: 14.4}]",
            "want a rate above 0 and below 5, which the worst answers alone reach, got 14.4",
        ),
        (
            "indicator: csat, detect: burn, target: 80, windows: [{long: 1h, short: 1h, rate: 2}]",
            "want less than long, 1h",
        ),
        ("indicator: csat, detect: surge", "want a volume such as contacts or negative_mentions, got csat"),
        ("indicator: ttr, detect: silence", "want a volume or an indicator with answers, got ttr"),
        (
            "indicator: contacts, detect: silence, at_least: 5 per 1h, false_pages: 1 per 30d",
            "has a meaning only with learn: at_least is a plain limit",
        ),
        (
            "indicator: contacts, detect: silence, at_least: 5 per 1d, open: Mon-Fri 08:00-18:00",
            'want a duration within one opening, at most 10h, got "5 per 1d"',
        ),
        (
            "indicator: contacts, detect: silence, at_least: 5 per 1s",
            "want a duration of at least one pane, 10s",
        ),
        ("indicator: contacts, detect: silence, learn: 1h", 'want a duration of 1d to 90d, got "1h"'),
        ("indicator: contacts, detect: surge, open: Foo 07:00-08:00", "want days among Mon, Tue"),
        ("indicator: contacts, detect: surge, holidays: [2026-02-30]", 'want a date such as "2026-04-02"'),
        ("indicator: contacts, detect: surge, time_zone: Mars/Base", "want a time zone such as"),
        ("indicator: contacts, detect: surge, time_zone: ../UTC", "want a time zone such as"),
        ("indicator: csat, detect: gap", "missing, want the dimension whose values are compared"),
        (
            "indicator: csat, detect: gap, across: stage, by: [stage]",
            "want dimensions other than across, stage, got stage as well",
        ),
    ],
)
def test_what_cannot_work_is_refused(fields: str, wanted: str) -> None:
    """One problem, saying what was wanted."""
    assert wanted in complaint(fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("indicator: csat, window: 1:30:00", "got 1:30:00"),
        ("indicator: csat, detect: off", "got off"),
        ("indicator: contacts, detect: silence, at_least: 5", "got 5"),
        ("indicator: csat, detect: sudden, floor: 50, false_pages: 1", "got 1"),
    ],
)
def test_quotes_are_proposed_only_where_they_help(fields: str, found: str) -> None:
    """What YAML takes for a number would be no more right as a text."""
    assert complaint(fields).rstrip().endswith(found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "r.yaml:1:1: want a mapping, got an empty file"),
        ("# only a comment", "r.yaml:1:1: want a mapping, got an empty file"),
        ("- 1", "r.yaml:1:1: want a mapping with rules, got a list"),
        ("rules: [1", "r.yaml:1:10: not YAML: while parsing a flow sequence, expected ',' or ']'"),
        ("a: 1\nb: \x07", "r.yaml:2:4: not YAML: want printable text, got character U+0007"),
        ("[" * 5000, "r.yaml:1:1: not YAML that is meant to be read: nested too deep"),
        ("rules: []\n---\nrules: []", "r.yaml:2:1: not YAML: expected a single document"),
        ("rules: []\nrules: []", 'r.yaml:2:1: rules: duplicate field "rules", first on line 1'),
        ("ruels: []", 'r.yaml:1:1: ruels: unknown field "ruels" (did you mean "rules"?)'),
        ("rules: 5", "r.yaml:1:8: rules: want a list of rules, got 5"),
        ("rules: [5]", "r.yaml:1:9: rules[0]: want a rule, got 5"),
        ("rules: [{name: 'a b', indicator: csat}]", "want a name of 1 to 80 letters, digits and _ . : -"),
        ("rules: [{indicator: csat}]", "r.yaml:1:9: rules[0].name: missing, want a name such as csat-low"),
        ("rules: [{[a]: b, name: a, indicator: csat}]", "want a word as key"),
        ("rules: [{<<: 5, name: a, indicator: csat}]", "want a plain mapping to merge"),
        ("rules: !!python/object:os.system {}", "rules: want a list of rules, got a mapping"),
        ("indicators: 5", "r.yaml:1:13: indicators: want a mapping of indicators to options, got 5"),
        ("indicators: {csat: 5}", "want options, true or false, got 5"),
        ("indicators: {csat: {positive_from: 1}}", "want an answer of the scale 1-5, 2 to 5, got 1"),
        ("indicators: {csat: {positive_from: 6}}", "want an answer of the scale 1-5, 2 to 5, got 6"),
        (
            "indicators: {csat: {scale: yes-no, positive_from: 2}}",
            "want an answer of the scale yes-no, 1, got 2",
        ),
        ("indicators: {fcr: {repeat_window: 1}}", 'want a duration such as "30m"'),
        ("indicators: {nps: false}\nrules: [{name: a, indicator: nps}]", "(indicators.nps is false)"),
        (
            "indicators: {ces: {direction: ease}}\nrules: [{name: a, indicator: ces}]",
            "ces has no limit of its",
        ),
        (
            "indicators: {ces: {scale: 1-5}}\nrules: [{name: a, indicator: ces}]",
            "ces has no limit of its own",
        ),
        ("timing: 5", "timing: want durations by name, got 5"),
        ("timing: {pane: 7s}", "want a duration that divides a day"),
        ("timing: {pane: 10ms}", "want a duration of 100ms to 1d"),
        ("timing: {lateness: 1h, dedup_horizon: 1m}", "want at least lateness and one pane"),
        (
            "receivers: [{name: a}]",
            "missing, want one of webhook, alertmanager, pagerduty,",
        ),
        *(
            (
                f"receivers: [{{name: a, email: {{to: a@b.c, from: a@b.c, smtp: 'b.c:{port}'}}}}]",
                'want a server as "host:port"',
            )
            for port in ("\u00b2", "\u0662\u0665", "9" * 5_000, "0", "65536", "")
        ),
        ("receivers: [{name: '', webhook: {url: 'http://a'}}]", "want a name of 1 to 80 characters"),
        (
            "receivers: [{name: a, webhook: {url: 'http://a'}}, {name: a, webhook: {url: 'http://a'}}]",
            'want each receiver once, got "a" again',
        ),
        (
            "receivers: [{name: a, webhook: {url: nope}}]\nroutes: [{receiver: a}]",
            "url: want an http or https URL",
        ),
        (
            f"receivers: [{{name: a, webhook: {{url: 'http://a', secret: {SECRET}, secret_env: B}}}}]",
            "want one of secret, secret_env, secret_file, got secret and secret_env",
        ),
        ("receivers: [{name: a, webhook: {url: 'http://a'}}]\nroutes: [{receiver: b}]", "want one of a, got"),
        (
            ONE_RECEIVER + "\nroutes: [{receiver: a, match: {severity: loud}}]",
            "want one of warning, critical, got",
        ),
        (
            ONE_RECEIVER + "\nroutes: [{receiver: a, match: {severity: []}}]",
            "want at least one value, got none",
        ),
        (ONE_RECEIVER + "\nroutes: [{receiver: a, match: {team: []}}]", "want at least one value, got none"),
        (ONE_RECEIVER + "\nroutes: [{receiver: a, active: {open: []}}]", "want at least one value, got none"),
        (
            ONE_RECEIVER + "\nroutes: [{receiver: a, match: {rule: nowhere}}]",
            'want one of none, got "nowhere"',
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, wanted: str) -> None:
    """Syntax, shape and values."""
    (found,) = problems(text)
    assert wanted in found


@pytest.mark.parametrize(
    "webhook",
    [
        "ftp://hunter2",
        "{url: 'ftp://hunter2'}",
        "{url: 'https://'}",
        "{url: 'https://a b/hunter2'}",
        "{url: 'http://[hunter2'}",
        "{url: 'http://a', secret: hunter2}",
        "{url: 'http://a', secret: 7777777}",
        "{url: 'http://a', secret: {hunter2: hunter2}}",
        "{url: 'http://a', secret_env: 7777777}",
        "{url: 7777777, secret_file: [7777777]}",
    ],
)
def test_a_secret_never_shows_in_a_message(webhook: str) -> None:
    """Neither what stands for the secret, nor the URL, which may hold one."""
    found = "\n".join(problems(f"receivers: [{{name: a, webhook: {webhook}}}]"))
    assert "hunter2" not in found
    assert "7777777" not in found


@pytest.mark.parametrize(
    ("host", "sound"),
    [
        *(("hooks..example.com", False), (".example.com", False), ("x" * 64 + ".com", False), ("", False)),
        *(("10.0.0.300", False), ("127.1", False), ("2130706433", False), ("10.0.0.1.", False)),
        *(("10.0.0.1", True), ("[::1]:80", True), ("example.com.", True), ("1password.com", True)),
        *(("x_y", True), ("x" * 63 + ".1und1.de", True)),
    ],
)
def test_a_host_that_nobody_can_have_is_no_url(host: str, sound: bool) -> None:  # noqa: FBT001
    """Every notice to it would be tried for its deadline, and none would arrive."""
    assert is_url(f"https://{host}/hook") is sound


def test_the_name_of_a_wrong_receiver_is_taken() -> None:
    """A second one of that name is told at once, not after the first has been mended."""
    wrong, again = problems(
        "receivers: [{name: a, webhook: {url: nope}}, {name: a, webhook: {url: 'http://a'}}]"
    )
    assert "want an http or https URL" in wrong
    assert 'want each receiver once, got "a" again' in again


def test_a_secret_never_shows_in_a_repr() -> None:
    """A rulebook may be logged or shown by a debugger."""
    book = read(f"receivers: [{{name: a, webhook: {{url: 'https://a/hunter2', secret: {SECRET}}}}}]")
    assert SECRET not in repr(book)
    assert "hunter2" not in repr(book)


YAML_LIKE = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " \n\t:-[]{},'\"#&*!|>%@`?.\\é\x00"), max_size=80
)


@given(YAML_LIKE | st.builds("rules:\n  - {}".format, YAML_LIKE) | st.text(max_size=40))
def test_any_text_is_a_rulebook_or_a_list_of_problems(text: str) -> None:
    """Nothing else ever comes out, and every problem has its place."""
    found: Sequence[Problem] = ()
    try:
        read(text)
    except RulebookError as error:
        found = error.problems
        assert found
    assert all(problem.line >= 1 and problem.column >= 1 for problem in found)


def test_nps_has_one_scale() -> None:
    """The sentence says why, and what to do instead."""
    (problem,) = problems("indicators: {nps: {scale: 1-10}}\nrules: [{name: n, indicator: nps}]\n")
    assert 'want one of 0-10, got "1-10" (NPS is asked on 0-10: its promoters (9-10)' in problem
    assert "count these answers as csat" in problem


def seconds_to_read(text: str) -> float:
    """CPU time that a file takes, sound or not."""

    def tried() -> None:
        with contextlib.suppress(RulebookError):
            read_rulebook(text, "r.yaml", CATALOGUE)

    return least_cpu_s(tried)


@pytest.mark.parametrize(
    "line",
    [
        "  - {{name: r{0}, indicator: csat, windw{0}: 5, kritical: 2}}\n",
        "  - {{name: same, indicator: nope{0}}}\n",
        "  - {{name: r{0}, indicator: csat, where: {{channel: yes}}}}\n",
    ],
)
def test_mistakes_cost_no_more_the_more_there_are(line: str) -> None:
    """Sixteen times the mistakes take about sixteen times as long, not two hundred and fifty-six."""
    few, many = (
        seconds_to_read("rules:\n" + "".join(line.format(number) for number in range(count)))
        for count in (125, 2_000)
    )
    assert many < 64 * max(few, 0.02)


@pytest.mark.parametrize(
    "hours",
    [
        "Mon-Fri{0}09:00-18:00",
        "Mon-Fri 09:00{0}-{0}18:00",
        "Mon,{0}Tue 09:00-18:00",
        "{0}x",
        "Mon-Fri 09:00-18:00{0}",
    ],
)
def test_blanks_cost_no_more_the_more_there_are(hours: str) -> None:
    """Fifty thousand of them in opening hours."""
    text = f'rules: [{{name: a, indicator: csat, detect: silence, open: "{hours.format(" " * 50_000)}"}}]'
    assert seconds_to_read(text) < 2


@pytest.mark.parametrize(
    "value",
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "xoxb-1234567890-abcdefghij", "Bearer abc.def.ghi",
     "https://hooks.slack.com/services/T0000/B0000/XXXXsecretXXXX", "https://user:pass@host/path",
     "sk_live_51Habc", "a9F3kQ81mZ0pLw77Ty2xR4", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
)  # fmt: skip
@pytest.mark.parametrize(
    "rule",
    ["{{name: a, indicator: csat, window: '{0}'}}", "{{name: a, indicator: '{0}'}}",
     "{{name: '{0}!', indicator: csat}}", "{{name: a, indicator: csat, '{0}': 1}}",
     "{{name: a, indicator: csat, by: ['{0}']}}",
     "{{name: a, indicator: csat, where: {{channel: ['{0}', 5]}}, secret: '{0}'}}"],
)  # fmt: skip
def test_what_looks_like_a_secret_is_never_shown(rule: str, value: str) -> None:
    """Wherever it was written; a place for it, or none."""
    text = f"rules:\n  - {rule.format(value)}\n  - {{name: b}}\n"
    shown = "\n".join(problems(text))
    assert value not in shown
    assert value[-8:] not in shown


def test_half_a_character_is_refused() -> None:
    """YAML can write it, but nothing can be sent with it."""
    (problem,) = problems('rules: [{name: a, indicator: csat, where: {channel: "\\uD800"}}]')
    assert "want text, got half of a character" in problem


def test_a_link_has_labels_in_braces_and_nothing_else() -> None:
    """A dimension that is misspelt would be empty for ever."""
    found = problems("rules: [{name: r, indicator: csat}]\nlinks: {board: 'https://x.example/{chanel}'}")
    assert len(found) == 1
    assert "r.yaml:2:16: links.board: want in braces one of " in found[0]
    assert found[0].endswith('got "https://x.example/…"')
    read("rules: [{name: r, indicator: csat}]\nlinks: {board: 'https://x.example/{channel}'}")
