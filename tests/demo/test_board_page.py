"""The board's page in a real Chromium, with contents that a test chooses."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response

from stream.board import memory
from stream.worker.web.ack_page import page as ack_page
from tests.demo.accessible import violations
from tests.demo.served_board import ServedBoard, alert, score, served_board

SCOPES = 5_000
MOST_BYTES = 300_000
RULES = """rules:
  - {name: csat-low, indicator: csat, window: 30m, warning: 80, critical: 50}"""


@pytest.fixture
def board() -> Iterator[ServedBoard]:
    """A served board that knows nothing yet."""
    with served_board(RULES) as served:
        yield served


def _fill(board: ServedBoard) -> None:
    """5,000 channels with an hour of scores, of which one fires."""
    for minute in (0, 20, 40):
        board.scores(*(score(60 + n % 30, minute, channel=f"shop {n:04d}") for n in range(SCOPES)))
    board.alerts(alert("loud", channel="shop 4321"))


def test_five_thousand_scopes_stay_usable(board: ServedBoard, page: Page) -> None:
    """First paint under a second, less than 300 kB, what fires first, and everything can be found."""
    _fill(board)
    sizes: list[int] = []

    def weigh(answer: Response) -> None:
        if not answer.url.endswith("/news"):
            sizes.append(len(answer.body()))

    page.on("response", weigh)
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    streamed: list[int] = []
    client.on("Network.dataReceived", lambda event: streamed.append(event["dataLength"]))
    page.goto(board.url)
    page.wait_for_selector("article")
    assert page.inner_text("article >> nth=0").startswith("shop 4321")
    first_ms = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert first_ms < 1_000
    assert sum(streamed) < MOST_BYTES
    assert "shop 4321" in page.inner_text("#verdict")
    assert "4800 more" in page.inner_text("#more")
    page.fill("#find", "SHOP 3999")
    page.wait_for_selector("article:has-text('shop 3999')", timeout=5_000)
    assert page.locator("article").count() == 1


def test_a_score_that_gives_its_place_to_others_is_not_left_as_it_was(
    board: ServedBoard, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No news of it comes any more: a page that stood open for an hour showed what had long been better."""
    monkeypatch.setattr(memory, "MOST_SHOWN", 2)
    board.scores(*(score(40, channel=name) for name in ("a", "b", "phone")))
    page.goto(board.url)
    page.wait_for_selector("article:has-text('b')")
    board.alerts(alert("x", channel="phone"))
    page.wait_for_selector("article:has-text('phone')")
    board.scores(score(90, 20, channel="b"))
    assert page.locator("article h3 a").all_inner_texts() == ["phone", "a"]
    board.alerts(alert("x", state="resolved", channel="phone").replace(b'"seq":1', b'"seq":2'))
    page.wait_for_selector("article:has-text('90%')")
    assert page.locator("article h3 a").all_inner_texts() == ["a", "b"]


def test_how_long_an_alert_lasts_goes_on(board: ServedBoard, page: Page) -> None:
    """It stood at 0 s for a minute, and at 11 min where a page opened anew said 12."""
    board.alerts(alert("x", channel="phone"))
    page.goto(board.url)
    for time, lasts in (
        ("10:10:00", "0\u202fs"),
        ("10:10:50", "50\u202fs"),
        ("10:21:20", "11\u202fmin"),
        ("10:21:40", "12\u202fmin"),
    ):
        board.scores(score(40, 10, channel="phone").replace(b"10:10:00", time.encode()))
        page.wait_for_selector(f"#alerts li:has-text('for {lasts}')", timeout=5_000)


def test_what_fires_is_not_well_where_the_list_has_no_room_for_it(
    board: ServedBoard, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 150 channels in trouble fifty were green."""
    monkeypatch.setattr(memory, "MOST_ALERTS_SHOWN", 1)
    board.scores(*(score(40, channel=name) for name in ("a", "b", "c")), score(40, channel="b", topic="x"))
    board.alerts(alert("a", channel="a"), alert("b", "warning", channel="b"))
    board.alerts(alert("x", "warning", channel="b", topic="x"))
    page.goto(board.url)
    page.wait_for_selector("article.critical")
    assert page.locator("#alerts > li").count() == 1
    assert page.locator("article.warning h3 a").all_inner_texts() == ["b"]
    assert page.locator("article.good h3 a").all_inner_texts() == ["c"]
    page.click("article.warning h3 a")
    page.wait_for_selector("article.warning h4")


def test_axe_finds_nothing(board: ServedBoard, page: Page) -> None:
    """On the empty board, with alerts of all states, on a channel's page; light and dark, wide and narrow."""
    page.goto(board.url)
    assert violations(page) == []
    board.scores(
        score(40, channel="phone"), score(90, channel="chat"), score(1, channel="phone", topic="pay")
    )
    board.alerts(
        alert("a", channel="phone"),
        alert("b", "warning", channel="chat"),
        alert("c", "warning", "pending", channel="phone"),
        alert("d", "critical", "resolved", channel="phone"),
        alert("e", "critical", "stale", channel="chat"),
    )
    page.wait_for_selector("#alerts li.critical")
    assert violations(page) == []
    page.click("article h3 a:text-is('phone')")
    page.wait_for_selector("h4")
    assert violations(page) == []
    page.select_option("#language", "fr")
    assert violations(page) == []


def test_axe_finds_nothing_on_the_page_that_links_in_notices_lead_to(page: Page) -> None:
    """With a form, and with an answer."""
    for told in (ack_page("", "CSAT of phone is 40 %.", button="Acknowledge"), ack_page("Done.", "CSAT")):
        assert told.text is not None
        page.set_content(told.text)
        assert violations(page) == []


def test_what_anybody_sends_is_text(board: ServedBoard, page: Page) -> None:
    """A channel may be called anything, and so may its topics; its page opens all the same."""
    name = "<img src=x onerror=alert(1)>/%2F#?&\"'"
    board.scores(score(40, channel=name), score(40, channel=""), score(30, channel=name, topic="<b>x</b>"))
    board.alerts(alert("a", channel=name))
    page.goto(board.url)
    page.wait_for_selector("#alerts li.critical")
    assert name in page.inner_text("#alerts")
    assert "<i>pay</i>" in page.inner_text("#alerts")
    assert page.locator("img, i, script:not([src])").count() == 0
    page.click(f"article h3 a:text-is({_quoted(name)})")
    page.wait_for_selector("h4:has-text('<b>x</b>')")
    assert name in page.inner_text("#place")


def test_an_alert_is_of_the_score_of_its_scope_and_window(board: ServedBoard, page: Page) -> None:
    """A week at 90 % was red for half an hour at 40 %, and one scope for another that reads like it."""
    week = score(90, channel="Billing, Sales").replace(b'"window_s":1800', b'"window_s":604800')
    finer = score(33, channel="Billing, Sales", topic="a, b")
    board.scores(score(40, channel="Billing, Sales"), week, finer, score(77, channel="phone, topic x"))
    board.alerts(alert("a", channel="Billing, Sales"), alert("p", channel="phone", topic="x"))
    page.goto(board.url)
    page.wait_for_selector("article.critical")
    assert page.locator("td.critical b").all_inner_texts() == ["40%"]
    assert page.locator("article.good h3").all_inner_texts() == ["phone, topic x"]
    page.click("article.critical h3 a")
    page.wait_for_selector("h4")
    assert page.locator("td.critical b").all_inner_texts() == ["40%"]
    assert page.locator("article.good b").all_inner_texts() == ["90%", "33%"]
    assert page.locator("h4").all_inner_texts() == ["topic a, b"]


def test_names_turn_no_text_around_them_and_widen_no_page(board: ServedBoard, page: Page) -> None:
    """One channel with a sign that turns what follows made the headline of all of them unreadable."""
    turning, wide = "a\u202eb", "x" * 120
    board.scores(score(40, channel=turning), score(40, channel=wide))
    board.alerts(alert("a", channel=turning), alert("b", channel="phone").replace(b"<i>pay</i>", b""))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(board.url)
    page.wait_for_selector("#alerts li.critical")
    for place in ("#verdict", "#alerts", "#scores"):
        assert "a\\u202eb" in page.inner_text(place)
    assert "mostly topic (no name)" in page.inner_text("#verdict")
    assert "of it comes from topic (no name)" in page.inner_text("#alerts")
    for name, shown in ((turning, "a\\u202eb"), (wide, wide)):
        page.evaluate("name => location.hash = `#/channel/${encodeURIComponent(name)}`", name)
        page.wait_for_selector(f"#place:text-is({_quoted('· ' + shown)})")
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def test_the_keyboard_is_enough_and_stays_where_it_is(board: ServedBoard, page: Page) -> None:
    """News that redraw what has the focus leave it there; the first stop leads past the header."""
    board.scores(score(40, channel="phone"))
    board.alerts(alert("a", channel="phone"))
    page.goto(board.url)
    page.wait_for_selector("#alerts li.critical")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.focus("#alerts [data-act=silence]")
    board.scores(score(45, 20, channel="phone"))
    board.alerts(alert("b", "warning", channel="phone"))
    page.wait_for_selector("#alerts li.warning")
    page.wait_for_selector("article:has-text('45%')")
    assert page.evaluate("document.activeElement.dataset.held") == "silence a"
    page.focus("article h3 a")
    board.scores(score(46, 40, channel="phone"))
    page.wait_for_selector("article:has-text('46%')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#place:has-text('phone')")


def test_who_has_not_said_who_they_are_is_asked(board: ServedBoard, page: Page) -> None:
    """Nothing is sent; the field is where the keyboard is."""
    board.alerts(alert("a", channel="phone"))
    page.goto(board.url)
    page.click("#alerts [data-act=ack]")
    page.wait_for_selector("#said:has-text('Say who you are first.')")
    assert page.evaluate("document.activeElement.id") == "by"


def test_the_course_of_a_week_is_another_picture(board: ServedBoard, page: Page) -> None:
    """Told to screen readers as well; the choice stays."""
    board.scores(*(score(40 + n, 20 * (n % 3), channel="phone") for n in range(3)))
    page.goto(board.url)
    page.wait_for_selector("svg[aria-label='last day: from 40% to 42%']")
    page.select_option("#course", "week")
    page.wait_for_selector("svg[aria-hidden=true]")  # half an hour is one step of a week
    page.reload()
    page.wait_for_selector("article")
    assert page.input_value("#course") == "week"


def test_a_worker_that_hangs_is_told_from_one_that_has_nothing_to_say(board: ServedBoard, page: Page) -> None:
    """Its connection stands, so that no error comes; the beats that are missing tell."""
    board.scores(score(40, channel="phone"))
    page.goto(board.url)
    page.wait_for_selector("#pulse:not(.lost):has-text('live')")
    page.wait_for_timeout(7_000)
    assert page.locator("#pulse.lost").count() == 0
    board.hang(9.0)
    page.wait_for_selector("#pulse.lost", timeout=9_000)
    page.wait_for_selector("#pulse:not(.lost):has-text('live')", timeout=20_000)


def test_scores_can_be_read_on_a_small_phone(board: ServedBoard, page: Page) -> None:
    """Beside the course the name of a score had a letter a line, and the page was wider than the phone."""
    board.scores(
        *(
            score(90, 20 * n, indicator, channel="phone")
            for n in range(3)
            for indicator in ("csat", "ttr_median")
        ),
        score(90, 0, "first_contact_resolution", channel="phone", topic="pay"),
    )
    page.set_viewport_size({"width": 320, "height": 700})
    for place in ("", "#/channel/phone"):
        page.goto("about:blank")
        page.goto(board.url + place)
        page.wait_for_selector("article th")
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert (
            page.evaluate("Math.min(...[...document.querySelectorAll('th')].map((th) => th.clientWidth))")
            > 200
        )
    assert not violations(page)


def test_an_interval_without_an_end_is_none(board: ServedBoard, page: Page) -> None:
    """A single case of eleven minutes was said to lie between 0 s and 0 s."""
    board.scores(score(660, 0, "ttr", channel="phone").replace(b'"high":665', b'"high":null'))
    page.goto(board.url)
    page.wait_for_selector("td b")
    assert page.locator("td small").count() == 0


def test_the_headline_is_of_all_and_not_of_what_is_shown_or_sought(board: ServedBoard, page: Page) -> None:
    """With more channels than a page has room for; nothing found is not nothing that fires."""
    board.scores(*(score(90, 0, channel=f"c{n}") for n in range(250)))
    page.goto(board.url)
    page.wait_for_selector("#verdict:has-text('All is well: 250 channels')")
    board.alerts(*(alert(f"a{n}", channel=f"c{n}") for n in range(120)))
    page.wait_for_selector("#verdict:has-text('120 in trouble')")
    assert "130 channels well" in page.inner_text("#verdict")
    assert page.title().startswith("(120)")
    page.fill("#find", "csat")
    assert page.locator("#alerts li.critical").count() == 100
    page.fill("#find", "nowhere")
    page.wait_for_selector("#alerts:has-text('Nothing found.')")
    page.wait_for_selector("#scores:has-text('Nothing found.')")
    assert "120 in trouble" in page.inner_text("#verdict")


def test_a_printed_board_is_dark_on_white_without_its_buttons(board: ServedBoard, page: Page) -> None:
    """Paper has no background: the ink of the night would be white on white."""
    board.alerts(alert("a", channel="phone"))
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(board.url)
    page.wait_for_selector("[data-alert=a]")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 31, 36)"
    assert not page.is_visible("button, input, select")


def test_what_the_page_shows_can_be_found(board: ServedBoard, page: Page) -> None:
    """Indicators by their names in either language, of which the worker knows none, among all channels."""
    board.scores(*(score(90, 0, channel=f"c{n:03}") for n in range(250)), score(70, 0))
    board.scores(score(70, 0, "fcr", channel="zoo"), score(80, 0, "wait", channel="zoo"))
    page.goto(board.url)
    page.wait_for_selector("article")
    for language, name in (("en", "First contact"), ("fr", "résolu au premier"), ("fr", "réponse à temps")):
        page.select_option("#language", language)
        page.fill("#find", name)
        page.wait_for_selector(
            f"#scores > article:only-child:has-text('zoo'):has-text('{name}')", timeout=5_000
        )
    page.fill("#find", "tous les canaux")
    page.wait_for_selector("article:has-text('tous les canaux')", timeout=5_000)
    page.fill("#find", "csat de")
    page.wait_for_selector("#scores:has-text('Rien de tel.')")


def test_who_goes_to_and_fro_asks_no_more_often(board: ServedBoard, page: Page) -> None:
    """Each visit of a channel's page went on asking beside the others."""
    board.scores(score(90, 0, channel="phone"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/board/channel" in request.url else None)
    page.goto(board.url)
    for _ in range(5):
        for place in ("#/channel/phone", "#/"):
            page.evaluate("place => location.hash = place", place)
            page.wait_for_timeout(100)
    page.evaluate("location.hash = '#/channel/phone'")
    page.wait_for_timeout(1_000)
    asked.clear()
    page.wait_for_timeout(6_500)
    assert len(asked) <= 3


def test_a_silence_is_told_whatever_the_browsers_clock_says(board: ServedBoard, page: Page) -> None:
    """Those in force are told; a clock that is ahead took them for over."""
    board.alerts(alert("a", channel="phone"))
    board.silences.append({"match": {"channel": "phone", "team": ""}, "until": "2026-01-05T12:00:00Z"})
    page.goto(board.url)
    page.wait_for_selector("#alerts:has-text('silenced until')")


def test_what_was_pending_for_longer_than_its_rule_waits_is_not_shown(board: ServedBoard, page: Page) -> None:
    """It has come to nothing, which nobody tells."""
    board.alerts(alert("a", "warning", "pending", channel="phone"))
    page.goto(board.url)
    page.wait_for_selector("#alerts li.pending")
    board.scores(score(90, 20, channel="phone"))
    page.wait_for_selector("#alerts:has-text('Nothing fires.')")


def test_a_worker_that_is_not_up_to_date_is_not_called_live(board: ServedBoard, page: Page) -> None:
    """Without Kafka nothing comes, and all was live and well; on a channel's page, and with nothing known."""
    board.waits_for = "no broker answers"
    page.goto(board.url)
    page.wait_for_selector("#pulse.lost:has-text('not up to date: no broker answers')")
    board.waits_for = None
    board.scores(score(90, channel="phone"))
    page.wait_for_selector("#pulse:not(.lost):has-text('live')")
    board.waits_for = "catches up"
    page.wait_for_selector("#pulse.lost:has-text('not up to date: catches up')")
    page.click("article h3 a")
    page.wait_for_selector("h1:has-text('phone')")
    board.waits_for = None
    page.wait_for_selector("#pulse:not(.lost):has-text('live')")


@pytest.mark.parametrize("name", [".", "..", "a+b c", "50%2F50", ""])
def test_a_channel_of_any_name_has_a_page(board: ServedBoard, page: Page, name: str) -> None:
    """Browsers leave `.` and `..` out of paths, however they are encoded: nothing was on such a page."""
    board.scores(score(40, channel=name), score(30, channel=name, topic="pay"))
    page.goto(board.url)
    page.click("article h3 a")
    page.wait_for_selector("h4:has-text('pay')")
