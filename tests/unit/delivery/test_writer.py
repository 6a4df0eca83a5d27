"""The writer: what a message of a receiver has beside its words."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from alerts.delivery.grouping.group_log import GroupPlan
from alerts.delivery.grouping.group_message import GroupMessage
from alerts.delivery.grouping.groups import AlertGroup, ToldNews, identities
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.ack_links import AckLinks
from alerts.delivery.notices.notice import Notice, notice
from alerts.delivery.notices.writer import Writer
from alerts.delivery.open_alerts import OpenAlerts
from alerts.paging import Receiver
from alerts.rulebook.reader import read_rulebook
from stream.indicators.catalogue import CATALOGUE
from tests.post import transition

RULES = """
rules: [{name: csat-low, indicator: csat, owner: leads}]
links: {dashboard: "https://grafana.example/d/x?var-channel={channel}&var-rule={rule}&owner={owner}"}
"""
DESK = Receiver(name="desk", kind="webhook")


def _notice(alert: str, channel: str = "phone") -> Notice:
    found = notice(transition(alert, 1).replace(b"phone", channel.encode()))
    assert found is not None
    return found


def _writer() -> Writer:
    return Writer(read_rulebook(RULES, "rules.yaml", CATALOGUE), OpenAlerts(), Muting())


def _led_to(*notices: Notice) -> str:
    """Where the message of a group leads."""
    plan = GroupPlan(group="g1", key="g1.a", members=identities(notices), at_s=0.0)
    message = _writer().group(
        GroupMessage(AlertGroup(id="g1", receiver="desk", place="", labels={}), plan, notices), DESK
    )
    return message.links[0].url


def test_a_notice_leads_to_its_channel() -> None:
    """By itself, or as the only one of its group."""
    alone = _writer().alone(_notice("a"), DESK).links[0].url
    assert alone == "https://grafana.example/d/x?var-channel=phone&var-rule=csat-low&owner=leads"
    assert _led_to(_notice("a")) == alone


def test_the_notice_of_a_group_leads_to_what_its_alerts_have_in_common() -> None:
    """To their channel if it is one; to none of several."""
    assert "var-channel=phone&" in _led_to(_notice("a"), _notice("b"))
    several = _led_to(_notice("a"), _notice("b", "chat"))
    assert several == "https://grafana.example/d/x?var-channel=&var-rule=csat-low&owner=leads"


def test_each_open_alert_of_a_group_has_its_own_link_to_acknowledge_it() -> None:
    """One link for all acknowledged the first of them, and the others went on to escalate."""
    rules = RULES.replace("owner: leads", "runbook: 'https://wiki.example/csat'")
    links = AckLinks("https://tocsin.example", b"token")
    writer = Writer(read_rulebook(rules, "rules.yaml", CATALOGUE), OpenAlerts(), Muting())
    writer.ack_link = lambda alert, severity: links.link(alert, severity, 0.0)
    notices = _moved("c", 2, "resolved"), _moved("a", 1), _moved("b", 1)
    plan = GroupPlan(group="g1", key="g1.a", members=identities(notices), at_s=0.0)
    group = AlertGroup(id="g1", receiver="desk", place="", labels={})
    message = writer.group(GroupMessage(group, plan, notices), DESK)
    found = [(each.text, parse_qs(urlsplit(each.url).query).get("alert")) for each in message.links[1:]]
    assert found == [
        ("Runbook", None), ("Acknowledge: csat-low, a", ["a"]), ("Acknowledge: csat-low, b", ["b"]),
    ]  # fmt: skip
    assert [each.text for each in writer.alone(_moved("a", 1), DESK).links[1:]] == ["Runbook", "Acknowledge"]


def _moved(alert: str, seq: int, state: str = "firing") -> Notice:
    found = notice(transition(alert, seq, state).replace(b"phone", alert.encode()))
    assert found is not None
    return found


def test_a_long_group_tells_first_what_has_changed() -> None:
    """One of thirty is over: a reader sees which, and not ten that are as they were."""
    known = [_moved(f"a{number}", 1) for number in range(30)]
    told = {each.alert: ToldNews(each, 0.0) for each in known}
    group = AlertGroup(id="g1", receiver="desk", place="", labels={}, told=told)
    notices = (*known[:7], _moved("a7", 2, "resolved"), *known[8:])
    plan = GroupPlan(group="g1", key="g1.a", members=identities(notices), at_s=0.0)
    counts, first, *others, more = (
        _writer().group(GroupMessage(group, plan, notices), DESK).words.text.split("\n")
    )
    assert counts == "0 new, 29 still, 1 over"
    assert "a7" in first
    assert (len(others), more) == (9, "… and 20 more")


def test_one_alert_that_goes_on_is_no_plural() -> None:
    """One of two is over, in the languages that there are."""
    known = [_moved(f"a{number}", 1) for number in range(2)]
    told = {each.alert: ToldNews(each, 0.0) for each in known}
    group = AlertGroup(id="g1", receiver="desk", place="", labels={}, told=told)
    notices = (known[0], _moved("a1", 2, "resolved"))
    plan = GroupPlan(group="g1", key="g1.a", members=identities(notices), at_s=0.0)
    titles = [
        _writer().group(GroupMessage(group, plan, notices), replace(DESK, lang=lang)).words.title
        for lang in ("en", "fr")
    ]
    assert titles == ["Critical: 1 alert (everywhere)", "Critique : 1 alerte (partout)"]


def test_a_name_neither_forges_a_line_nor_turns_the_text_around_it() -> None:
    """Names come from whoever sends events; a label, which is for machines, stays as it is."""
    odd = _notice("a", r"web\n0 new, all is well\u202e")
    plan = GroupPlan(group="g1", key="g1.a", members=identities((odd, _notice("b"))), at_s=0.0)
    group = AlertGroup(id="g1", receiver="desk", place="", labels=dict(odd.news.scope))
    for lang in ("en", "fr"):
        desk = replace(DESK, lang=lang)
        alone = _writer().alone(odd, desk)
        both = _writer().group(GroupMessage(group, plan, (odd, _notice("b"))), desk)
        titles = alone.words.title + both.words.title
        facts = [value for words in (alone.words, both.words) for _, value in words.facts]
        assert len(both.words.text.splitlines()) == 3
        assert "\n" not in "".join([titles, alone.words.text, *facts])
        assert "\u202e" not in "".join([titles, alone.words.text, both.words.text, *facts])
        assert r"web\n0 new" in alone.words.title + alone.words.text
        assert alone.alerts[0].labels["channel"] == "web\n0 new, all is well\u202e"
