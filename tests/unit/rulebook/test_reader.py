"""alerts.rulebook.reader: every field and default of a rules file."""

from alerts.hours import ALWAYS, OpenHours
from alerts.paging import Located
from alerts.rulebook.reader import read_rulebook
from alerts.rules import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Budget,
    Burn,
    Gap,
    Rule,
    Rulebook,
    Severity,
    Silence,
    Sudden,
    Surge,
    Threshold,
    Timing,
)
from stream.indicators.catalogue import CATALOGUE

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # made up


def read(text: str) -> Rulebook:
    """The rulebook of a file called r.yaml."""
    return read_rulebook(text, "r.yaml", CATALOGUE)


def rule(fields: str) -> Rule:
    """The only rule of a file, named r."""
    return read(f"rules:\n  - {{name: r, {fields}}}").rules[0]


def test_a_rule_that_says_little_gets_the_documented_defaults() -> None:
    """By channel over 30 minutes with 95 % confidence and 20 answers, at the indicator's own limits."""
    assert rule("indicator: csat") == Rule(
        name="r",
        indicator="csat",
        by=("channel",),
        detect=Threshold(
            window_ms=30 * MINUTE_MS, warning=80, critical=50, recover=None, confidence=0.95, min_answers=20
        ),
        for_ms=0,
        where={},
        explain=("stage", "topic"),
    )


def test_a_rule_that_says_everything_is_taken_at_its_word() -> None:
    """Every field of a threshold rule."""
    found = rule(
        "indicator: nps, by: [stage, channel], window: 1h30m, warning: 10, critical: -5, recover: 12.5,"
        " confidence: 0.9, min_answers: 7, for: 5m, where: {channel: [Phone, ' chat '], stage: buy},"
        " explain: [product]"
    )
    assert found.detect == Threshold(
        window_ms=90 * MINUTE_MS, warning=10, critical=-5, recover=12.5, confidence=0.9, min_answers=7
    )
    assert found.by == ("stage", "channel")
    assert found.for_ms == 5 * MINUTE_MS
    assert found.where == {"channel": ("phone", "chat"), "stage": ("buy",)}
    assert found.explain == ("product",)


def test_sudden_reads_its_floor_and_budget() -> None:
    """The floor is on the side where the indicator is bad."""
    assert rule("indicator: csat, detect: sudden, floor: 75, false_pages: 2 per 7d").detect == Sudden(
        75, Budget(2, 7 * DAY_MS), Severity.CRITICAL
    )
    assert rule("indicator: ces, detect: sudden, ceiling: 4.5, severity: warning").detect == Sudden(
        4.5, Budget(1, 30 * DAY_MS), Severity.WARNING
    )


def test_burn_scales_the_sre_pairs_to_period_and_reach() -> None:
    """Windows shrink with the period; a rate that the worst answers cannot reach is lowered."""
    burn = rule("indicator: ttr_within, detect: burn, target: 99.9, period: 30d").detect
    assert isinstance(burn, Burn)
    assert [(pair.long_ms, pair.short_ms, pair.rate) for pair in burn.pairs] == [
        (HOUR_MS, 5 * MINUTE_MS, 14.4),
        (6 * HOUR_MS, 30 * MINUTE_MS, 6.0),
        (3 * DAY_MS, 6 * HOUR_MS, 1.0),
    ]
    week = rule("indicator: csat, detect: burn, target: 80, period: 7d").detect
    assert isinstance(week, Burn)
    assert [(pair.long_ms, pair.short_ms, pair.rate) for pair in week.pairs] == [
        (14 * MINUTE_MS, 70 * SECOND_MS, 3.75),
        (84 * MINUTE_MS, 7 * MINUTE_MS, 3.75),
        (1008 * MINUTE_MS, 84 * MINUTE_MS, 1.0),
    ]


def test_burn_takes_windows_of_its_own() -> None:
    """Each pair has its long and short window, rate and severity."""
    burn = rule(
        "indicator: csat, detect: burn, target: 80, period: 7d,"
        " windows: [{long: 2h, short: 10m, rate: 3, severity: warning}]"
    ).detect
    assert isinstance(burn, Burn)
    assert [(p.long_ms, p.short_ms, p.rate, p.severity) for p in burn.pairs] == [
        (2 * HOUR_MS, 10 * MINUTE_MS, 3.0, Severity.WARNING)
    ]


def test_silence_is_a_plain_limit_or_a_learned_rhythm() -> None:
    """`at_least` alone learns nothing; without it a week is learned; opening hours go with either."""
    fixed = rule(
        "indicator: contacts, detect: silence, at_least: 5 per 1h,"
        " open: ['Sun-Thu 07:00-23:00', 'Fri 22:00-02:00'], time_zone: Asia/Jerusalem, holidays: [2026-04-02]"
    ).detect
    weekdays = ((day, 420, 1380) for day in range(4))
    spans = (*weekdays, (4, 1320, 1440), (5, 0, 120), (6, 420, 1380))
    hours = OpenHours("Asia/Jerusalem", spans, frozenset({"2026-04-02"}))
    assert fixed == Silence(Budget(5, HOUR_MS), None, None, hours)
    assert rule("indicator: csat, detect: silence").detect == Silence(
        None, 7 * DAY_MS, Budget(1, 30 * DAY_MS)
    )


def test_surge_and_gap_read_their_fields() -> None:
    """A surge learns a rhythm; a gap compares the values of one dimension, by nothing unless told."""
    assert rule("indicator: negative_mentions, by: [product], detect: surge, learn: 14d").detect == Surge(
        14 * DAY_MS, Budget(1, 30 * DAY_MS)
    )
    gap = rule("indicator: csat, detect: gap, across: channel, window: 12h, min_answers: 5")
    assert gap.detect == Gap(
        across="channel", window_ms=12 * HOUR_MS, false_pages=Budget(1, 30 * DAY_MS), min_answers=5
    )
    assert (gap.by, gap.scope_dims, gap.explain) == ((), ("channel",), ())


EVERY_ANSWER = {"one_answer_per": None, "keep": "first"}


def test_every_indicator_is_kept_unless_switched_off() -> None:
    """`nps: false` drops one; `true`, nothing and options keep one, with defaults for what is not said."""
    kept = read("indicators: {nps: false, ces: true, wait: , csat: {scale: 1-7}}").indicators
    assert "nps" not in kept
    assert kept["csat"] == {"scale": "1-7", "positive_from": None, **EVERY_ANSWER}
    assert kept["ces"] == {"scale": "1-7", "direction": "effort", **EVERY_ANSWER}
    assert kept["wait"] == {"target": 20 * SECOND_MS, "open": ALWAYS}


def test_timing_has_defaults_that_can_be_set_one_by_one() -> None:
    """What the block does not mention stays."""
    assert read("timing: {pane: 1m, lateness: 2m}").timing == Timing(MINUTE_MS, 2 * MINUTE_MS)


def test_receivers_and_routes() -> None:
    """A receiver has a name and a webhook; a route matches labels, one value or several."""
    book = read(f"""
receivers:
  - {{name: ops, webhook: {{url: "https://ops.example/hook", secret: [{SECRET}, {SECRET}]}}}}
  - {{name: crm, webhook: {{url: "http://127.0.0.1:8080/", secret_env: CRM_SECRET}}}}
routes:
  - {{receiver: ops, match: {{severity: critical, channel: [Phone]}}}}
  - {{receiver: crm}}
""")
    assert book.receivers[0].settings["secret"] == (SECRET, SECRET)
    assert book.receivers[1].settings["secret"] == Located(env="CRM_SECRET")
    assert [[each.text for each in route.matchers] for route in book.routes] == [
        ["severity=critical", "channel=phone"],
        [],
    ]


def test_an_empty_list_of_rules_means_scores_only() -> None:
    """`rules:` may be empty or absent."""
    assert read("rules: []").rules == read("rules:").rules == read("timing: {}").rules == ()


def test_merged_fields_are_those_of_the_anchor() -> None:
    """YAML's `<<` takes over what the rule does not say itself."""
    book = read("rules:\n - &a {name: a, indicator: csat, window: 1h}\n - {<<: *a, name: b, critical: 60}")
    assert [rule.name for rule in book.rules] == ["a", "b"]
    assert isinstance(book.rules[1].detect, Threshold)
    assert book.rules[1].detect.window_ms == HOUR_MS


def test_what_is_off_by_default_may_be_said_to_be_off() -> None:
    """The table of options says `0s`, so that may be written."""
    book = read("indicators: {abandonment: {ignore_under: 0s}}")
    assert book.indicators["abandonment"]["ignore_under"] == 0
