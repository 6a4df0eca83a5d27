"""What an import says of how it understood a log, so that a wrong guess is seen."""

import pytest

from tests.field.test_logs import Desk, desk

__all__ = ["desk"]

MAPPING = """
time_zone: Europe/Paris
fields:
  {id: id, at: {time: at, format: "%d/%m/%Y %H:%M"}, channel: {constant: web}, indicator: {constant: csat},
   score: s}
"""


def said(desk: Desk, rows: list[tuple[str, str]], mapping: str = MAPPING) -> str:
    """What is said of times and scores; a row's number is its id."""
    log = "id,at,s\n" + "".join(f"{place},{at},{score}\n" for place, (at, score) in enumerate(rows))
    return desk.imported(mapping, log)[1].stderr


def days(*texts: str) -> list[tuple[str, str]]:
    """Answers of some days."""
    return [(f"{text}/2026 09:15", "5") for text in texts]


def test_the_order_the_zone_and_the_reach_of_times_are_told(desk: Desk) -> None:
    """What a mapping decides for all rows is said where its effect is seen."""
    told = said(desk, days("13/03", "20/03"))
    reach = "2026-03-13T08:15:00Z to 2026-03-20T08:15:00Z"
    assert f"times: %d/%m/%Y %H:%M (day first) in Europe/Paris, {reach}" in told
    assert "csat on 1-5: 5 × 2" in told
    assert "iso in Europe/Paris unless they name a zone" in said(
        desk, [("2026-03-13", "4")], MAPPING.replace(', format: "%d/%m/%Y %H:%M"', "")
    )


def test_fractions_of_a_second_are_in_order(desk: Desk) -> None:
    """As texts they are not."""
    rows = [(f"2026-03-02T09:00:00{part}Z", "4") for part in (".5", "", ".25")]
    told = said(desk, rows, MAPPING.replace(', format: "%d/%m/%Y %H:%M"', ""))
    assert "2026-03-02T09:00:00Z to 2026-03-02T09:00:00.500Z" in told


@pytest.mark.parametrize(
    ("dates", "wrong"),
    [
        (days("03/01", "03/02", "03/03", "03/04"), True),  # the first days of March, the month first
        (days("03/01", "03/02"), True),
        (days("01/03", "02/03", "03/03"), False),
        (days("03/01", "13/02", "03/03"), False),  # a day that is no month
        (days("03/01"), False),
    ],
)
def test_days_that_were_perhaps_taken_for_months_are_told(
    desk: Desk, dates: list[tuple[str, str]], *, wrong: bool
) -> None:
    """No row tells by itself which of the two comes first; that the other way round dates are near does."""
    assert ("which of them comes first?" in said(desk, dates)) is wrong


@pytest.mark.parametrize(
    ("ambiguous", "read"), [("", True), (", ambiguous: first", True), (", ambiguous: refuse", False)]
)
def test_a_time_that_no_clock_has_shown_is_told(desk: Desk, ambiguous: str, *, read: bool) -> None:
    """Between 02:00 and 03:00 clocks stood nowhere in Paris that night: the log is of another zone."""
    rows = [("29/03/2026 02:30", "5"), ("29/03/2026 04:30", "5")]
    told = said(desk, rows, MAPPING.replace('%H:%M"', f'%H:%M"{ambiguous}'))
    wanted = '"2026-03-29 02:30:00" never came in Europe/Paris' if read else "never came that night"
    assert wanted in told
    assert "is that the" in told
    assert "never came" not in said(desk, rows[1:])


@pytest.mark.parametrize(
    ("scores", "other"),
    [
        (["8", "9", "7", "5"], "1-10 or 0-10"),
        (["10", "0", "5"], "0-10"),
        (["7", "6", "4"], "1-7"),
        (["5", "4", "0"], ""),  # 0 is where no answer was given
        (["5", "4", "1"], ""),
        (["80", "90"], ""),
    ],
)
def test_answers_that_are_perhaps_of_another_scale_are_told(
    desk: Desk, scores: list[str], other: str
) -> None:
    """Where those off the scale are refused, the rest would be a picture of the low ones alone."""
    rows = [("13/03/2026 09:15", score) for score in [*scores, "3"]]
    told = said(desk, rows)
    assert (f"were they asked on {other}? `scale` in the mapping says so" in told) is bool(other)


def test_answers_that_reach_half_of_their_scale_are_told(desk: Desk) -> None:
    """All of a survey on 1-5 would be detractors of an NPS."""
    rows = [("13/03/2026 09:15", str(place % 5 + 1)) for place in range(20)]
    told = said(desk, rows, MAPPING.replace("csat", "nps"))
    assert "answers are from 1 to 5: were they asked on 1-5? NPS is asked on 0-10" in told
    assert "were they asked" not in said(desk, rows[:5], MAPPING.replace("csat", "nps"))
    assert "were they asked" not in said(desk, rows)


def test_which_end_of_ces_is_good_is_told(desk: Desk) -> None:
    """Asked as effort or as ease, the numbers are the same."""
    told = said(desk, days("13/03"), MAPPING.replace("csat", "ces"))
    assert "ces on 1-7 (the most is the most effort, unless `direction: ease` is in the rules)" in told


def test_ces_that_was_asked_as_agreement_is_told(desk: Desk) -> None:
    """Whoever agrees that it was easy had little effort; the numbers alone do not say so."""
    rows = [("13/03/2026 09:15", label) for label in ("7 - Strongly agree", "1 - Strongly disagree", "6")]
    asked = MAPPING.replace("csat", "ces")
    assert "the rules want `ces: {direction: ease}`" in said(desk, rows, asked)
    assert "agree or disagree" not in said(desk, days("13/03"), asked)


def test_rows_of_which_no_event_is_made_are_counted(desk: Desk) -> None:
    """Rows, skipped, bad and silent ones add up."""
    mapping = MAPPING + "events: [{when: [{column: s, is: ['5']}]}]\n"
    told = said(desk, [("13/03/2026 09:15", score) for score in "5534"], mapping)
    assert "4 rows: 2 events, 0 rows skipped, 0 bad\n  of 2 rows no event is made" in told
    assert "no event is made" not in said(desk, days("13/03"), mapping)


def test_labels_are_told_with_the_level_that_they_were_taken_for(desk: Desk) -> None:
    """Two of them may be taken for one level."""
    labels = ("Extremely happy", "Very happy", "Happy", "Neutral", "Somewhat unhappy", "Très satisfait")
    told = said(desk, [("13/03/2026 09:15", label) for label in labels])
    assert "Somewhat unhappy (2) × 1, Neutral (3) × 1, Happy (4) × 1, Extremely happy (5) × 1" in told
    assert '  "Extremely happy" and "Very happy": taken for the same level' in told
    other = said(desk, [("13/03/2026 09:15", label) for label in ("Very satisfied", "Satisfied", "5", "5.0")])
    assert "5 × 1, 5.0 × 1" in other
    assert "the same level" not in other


ONE_SIDE = (
    "Not at all satisfied",
    "Not so satisfied",
    "Somewhat satisfied",
    "Very satisfied",
    "Extremely satisfied",
)
POOR = ("Poor", "Fair", "Good", "Very good", "Excellent")


@pytest.mark.parametrize(
    "labels", [ONE_SIDE, POOR, ("Mauvaise", "Moyenne", "Bonne", "Très bonne", "Excellente")]
)
def test_labels_of_one_side_are_the_steps_that_they_are_together(desk: Desk, labels: tuple[str, ...]) -> None:
    """By itself somewhat satisfied is satisfied, and good is: who is half-way counted as content."""
    rows = [("13/03/2026 09:15", label) for label in labels]
    told = said(desk, rows)
    assert (
        f"{labels[2]} (3) × 1, {labels[3]} (4) × 1, {labels[4]} (5) × 1\n  these labels together are steps"
        in told
    )
    assert desk.score("csat") == "40.0 % (5)"
    assert "leave it out" not in told
    log = "id,at,s\n" + "".join(f"{place},{at},{label}\n" for place, (at, label) in enumerate(rows))
    assert "read one by one: leave it out" in desk.imported(MAPPING, log, "--as-is")[1].stderr


@pytest.mark.parametrize(
    "labels",
    [
        ("Somewhat satisfied", "Very satisfied", "Not at all satisfied"),
        ("Somewhat satisfied", "Very satisfied", "Extremely satisfied", "Dissatisfied"),
    ],
)
def test_labels_that_may_be_of_two_sides_are_read_one_by_one(desk: Desk, labels: tuple[str, ...]) -> None:
    """As on the scale from very dissatisfied to very satisfied."""
    told = said(desk, [("13/03/2026 09:15", label) for label in labels])
    assert f"{labels[0]} (4) × 1" in told
    assert "these labels" not in told


def test_marks_of_schools_are_not_taken_for_levels(desk: Desk) -> None:
    """One is the best of them: if only bad ones were read, by their numbers, everybody would be satisfied."""
    marks = ("1 - sehr gut", "2 - gut", "4 - ausreichend", "5 - mangelhaft", "3 - befriedigend")
    assert "5 rows: 1 event, 0 rows skipped, 4 bad" in said(
        desk, [("13/03/2026 09:15", mark) for mark in marks]
    )


LASTING = """
fields: {id: id, at: {time: at}, channel: ch, wait_s: {seconds: wait}}
"""


def calls(desk: Desk, waits: list[str], *, channel: str = "phone", day: int = 1) -> str:
    """What the import says of calls with these waits, on one day after the other."""
    rows = (
        f"{place},2026-03-{place * day + 2:02}T09:{place:02}:00Z,{channel},{w}"
        for place, w in enumerate(waits)
    )
    return desk.imported(LASTING, "id,at,ch,wait\n" + "\n".join(rows))[1].stderr


def test_how_long_things_take_is_told(desk: Desk) -> None:
    """Telephone systems export seconds, milliseconds, or days as a spreadsheet has them, all as numbers."""
    told = calls(desk, ["12", "15", "0:45", "90", "3"])
    assert "wait_s: 3 s to 1 min 30 s, half of them up to 15 s" in told
    assert "milliseconds" not in told
    assert "days" not in told
    assert "are they milliseconds? `{number: …, times: 0.001}`" in calls(
        desk, ["12000", "15345", "450", "9000", "7200"]
    )
    assert 'are they thousands? `decimal: ","`' in calls(desk, ["12", "985", "1.234", "450", "2.317"])
    for other in (
        ["12.345", "3", "1.5", "2", "985"],
        ["12", "985", "0.234", "450", "2"],
        ["1.234", "7", "8", "9", "2"],
    ):
        assert "thousands" not in calls(desk, other)
    assert "`{number: …, times: 86400}` reads days" in calls(
        desk, ["0.0003", "0.0001", "0.0010", "0.002", "0"]
    )


def test_lengths_of_a_long_log_are_told_as_those_of_its_beginning(desk: Desk) -> None:
    """Ten thousand are looked at: what half of these take is not said of all."""
    rows = [f"{n},2026-03-02T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z,phone,5" for n in range(30_000)]
    told = desk.imported(LASTING, "id,at,ch,wait\n" + "\n".join(rows))[1].stderr
    assert "half of them up to 5 s (of the first 1" in told
    assert "of the first" not in calls(desk, ["12", "15", "90"])


def test_channels_are_told_and_those_that_are_one_by_all_appearance(desk: Desk) -> None:
    """A rule for `phone` would see some of the calls."""
    log = "id,at,ch,wait\n" + "".join(
        f"{place},2026-03-02T09:00:00Z,{name},\n"
        for place, name in enumerate(("phone", "Phone", "phone ", "live_chat", "Live Chat", "web", "2"))
    )
    told = desk.imported(LASTING, log)[1].stderr
    assert "channels: phone × 3, 2 × 1, live chat × 1, live_chat × 1, web × 1\n" in told  # to a worker
    assert 'channel: "live chat" and "live_chat" are told apart: where they are' in told
    assert "told apart" not in calls(desk, ["1"])


def test_names_that_only_look_the_same_are_told_and_made_one(desk: Desk) -> None:
    """Accents as macOS codes them, and what comes along where a name is copied from a page."""
    names = ("\u00e9t\u00e9", "e\u0301te\u0301", "pho\u200bne", "phone")
    log = "id,at,ch,wait\n" + "".join(
        f"{place},2026-03-02T09:00:00Z,{name},\n" for place, name in enumerate(names)
    )
    told = desk.imported(LASTING, log)[1].stderr
    assert "channels: phone × 2, \u00e9t\u00e9 × 2\n" in told  # which are one to a worker
    assert "told apart" not in told
    folding = LASTING.replace("channel: ch", "channel: {column: ch, fold: true}")
    events, result = desk.imported(folding, log)
    assert [event["channel"] for event in events] == ["\u00e9t\u00e9", "\u00e9t\u00e9", "phone", "phone"]
    assert "told apart" not in result.stderr
    mapped = LASTING.replace(
        "channel: ch", "channel: {column: ch, fold: true, map: {\u00c9t\u00e9: web, phone: phone}}"
    )
    assert [event["channel"] for event in desk.imported(mapped, log)[0]] == ["web", "web", "phone", "phone"]


def test_topics_that_are_one_by_all_appearance_are_told(desk: Desk) -> None:
    """As are countries, teams and what else events are counted by."""
    mapping = LASTING.replace("wait_s: {seconds: wait}", "topic: wait, country: ch")
    log = "id,at,ch,wait\n" + "".join(
        f"{place},2026-03-02T09:00:00Z,{country},{topic}\n"
        for place, (country, topic) in enumerate(
            [("FR", "Invoice"), ("fr", "invoice "), ("DE", "1.1"), ("FR", "11")]
        )
    )
    told = desk.imported(mapping, log)[1].stderr
    assert 'topic: "Invoice" and "invoice" are told apart' in told
    assert 'country: "FR" and "fr" are told apart' in told
    assert "1.1" not in told


def test_words_of_our_own_in_capitals_are_told_with_the_way_out(desk: Desk) -> None:
    """And the groups of an NPS that a survey has worked out itself."""
    mapping = "fields: {id: id, at: {time: at}, channel: {constant: web}, indicator: ind, score: s}\n"
    log = "id,at,ind,s\n1,2026-03-02T09:00:00Z,CSAT,5\n2,2026-03-02T09:00:00Z,nps,Promoter\n"
    told = desk.imported(mapping, log + "3,2026-03-02T09:00:00Z,csat,5\n")[1].stderr
    assert 'got "CSAT" (`fold: true` in the mapping reads it)' in told
    assert 'got "Promoter" (groups? `map: {Promoter: "10", Passive: "8", Detractor: "0"}`' in told


def test_days_without_a_time_of_day_are_told(desk: Desk) -> None:
    """Their events are all at midnight, wherever that is."""
    rows = [(f"{day:02}/03/2026", "4") for day in range(20, 31)]
    mapping = MAPPING.replace(" %H:%M", "")
    assert mapping != MAPPING
    assert "windows shorter than a day see them at once" in said(desk, rows, mapping)
    assert "at once" not in said(desk, [(f"{day:02}/03/2026 0{day % 9}:15", "4") for day in range(20, 31)])
    assert "at once" not in said(desk, [("20/03/2026 09:15", "4")] * 9)


@pytest.mark.parametrize(("code", "scale"), [("99", ""), ("-1", ""), ("999", "1-7"), ("-99", "1-10")])
def test_codes_for_no_answer_are_told(desk: Desk, code: str, scale: str) -> None:
    """Nobody is to reckon levels from 99; what else is odd of the answers is seen as it is without them."""
    top = scale.partition("-")[2] or "5"
    told = said(desk, [("20/03/2026 09:15", score) for score in [code, code, *"12345", top] * 4])
    way_out = f'[{{column: …, is_not: ["{code}"]}}]'
    assert f"8 answers are {code}: a code for no answer? `when: {way_out}` of the answers" in told
    assert "levels of no scale" not in told
    assert ("were they asked on" in told) is bool(scale)
    with_way_out = f"{MAPPING}events: [{{when: {way_out.replace('…', 's')}}}]\n"
    assert "0 bad" in said(desk, [("20/03/2026 09:15", score) for score in (code, "4")], with_way_out)


@pytest.mark.parametrize(
    "scores", [["0.8", "1.0", "0.2", "0.6"], ["80", "100", "60", "5"], ["-100", "0", "100", "5"]]
)
def test_answers_that_happen_to_be_levels_are_told(desk: Desk, scores: list[str]) -> None:
    """Of shares the best alone would count, as the worst."""
    told = said(desk, [("20/03/2026 09:15", score) for score in scores])
    assert "are levels of no scale: only those count that happen to be levels of 1-5" in told


@pytest.mark.parametrize(
    ("scores", "indicator", "wanted"),
    [
        (["1", "2", "1", "1"] * 6, "csat", "all answers are 1 or 2: yes and no?"),
        (["0", "1", "1", "1"] * 6, "csat", "all answers are 0 or 1: yes and no?"),
        (["1"] * 24, "csat", "all 24 answers are 1: a mark that something was chosen, and no level?"),
        ([*map(str, range(1, 11))] * 6, "nps", "6 answers are 1, and none is 0: were they asked on 1-10?"),
    ],
)
def test_numbers_that_are_perhaps_no_levels_are_told(
    desk: Desk, scores: list[str], indicator: str, wanted: str
) -> None:
    """Qualtrics writes 1 for yes and 2 for no, exports of choices 1 for what was chosen."""
    rows = [("20/03/2026 09:15", score) for score in scores]
    mapping = MAPPING.replace("csat", indicator)
    assert wanted in said(desk, rows, mapping)
    usual = ["5", "4", "1", "2"] * 6 if indicator == "csat" else [*map(str, range(11))] * 6
    told = said(desk, [("20/03/2026 09:15", score) for score in usual], mapping)
    assert not any(words in told for words in ("yes and no", "all 24", "none is 0"))
