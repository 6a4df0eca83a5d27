"""The writer: from a notice to the message that one receiver gets, in words and in figures."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import orjson

from alerts.delivery.grouping.group_message import GroupMessage
from alerts.delivery.grouping.groups import AlertGroup
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.notice import MOST_BYTES, Notice, TransitionNews
from alerts.delivery.notices.phrases import WORDS
from alerts.delivery.notices.templates import TemplateFault, filled
from alerts.delivery.notices.wording import Told, worded
from alerts.delivery.open_alerts import OpenAlerts
from alerts.foreign_text import printable
from alerts.paging import NOTHING_MORE, Receiver, RuleAbout
from alerts.receivers.link_places import led_to
from alerts.receivers.message import AlertNews, NextLook, ReceiverMessage, Words, common
from alerts.rules import Rulebook

LOG: Final = logging.getLogger(__name__)
MOST_LISTED: Final = 10
"""Alerts of a group whose sentences are told; the others are counted."""


def nowhere(_alert: str, _severity: str) -> str:
    """No link acknowledges."""
    return ""


@dataclass(slots=True)
class Writer:
    """Writes for all receivers.  `ack_link` is the URL of a page that acknowledges an alert; "" for none."""

    rulebook: Rulebook
    alerts: OpenAlerts
    muting: Muting
    ack_link: Callable[[str, str], str] = nowhere

    def alone(self, notice: Notice, receiver: Receiver) -> ReceiverMessage:
        """The message of a notice that goes out by itself."""
        news = notice.news
        words = self._words(news, receiver)
        return ReceiverMessage(
            key=notice.id,
            thread=notice.alert,
            state=notice.state,
            severity=news.severity,
            at=news.at,
            words=words,
            body=notice.body,
            receiver=receiver.name,
            links=self._links([news], receiver.lang, notice.labels),
            alerts=(self._alert(news, words),),
            group_labels=notice.labels,
        )

    def still(self, notice: Notice, receiver: Receiver) -> ReceiverMessage:
        """The message of what was told before a silence, and still holds after it."""
        message = self.alone(notice, receiver)
        text = f"{WORDS[receiver.lang]['still_broken']} {message.words.text}"
        return replace(message, words=replace(message.words, text=text))

    def group(self, message: GroupMessage, receiver: Receiver) -> ReceiverMessage:
        """The message of a group; one alert by itself reads as it would without a group."""
        notices, group = message.notices, message.group
        if len(notices) == 1:
            return replace(self.alone(notices[0], receiver), key=message.plan.key, group_labels=group.labels)
        said = [(each, self._words(each.news, receiver)) for each in notices]
        listed = sorted(said, key=lambda each: _rank(group, each[0]))[:MOST_LISTED]
        return ReceiverMessage(
            key=message.plan.key,
            thread=group.id,
            state=message.state,
            severity=message.severity,
            at=max(each.news.at for each in notices),
            words=Words(
                title=_group_title(message, receiver.lang), text=_group_text(message, listed, receiver.lang)
            ),
            body=_group_body(message),
            receiver=receiver.name,
            links=self._links(
                [each.news for each, _ in listed], receiver.lang, common([each.labels for each in notices])
            ),
            alerts=tuple(self._alert(each.news, words) for each, words in said),
            group_labels=group.labels,
        )

    def _words(self, news: TransitionNews, receiver: Receiver) -> Words:
        """The words, or what the receiver's own templates make of them."""
        rule = next((each for each in self.rulebook.rules if each.name == news.rule), None)
        owner = self._about(news).owner
        told = Told(
            rule=rule,
            before=self.alerts.before(news.id),
            times=self.alerts.times(news),
            acknowledged_by=self.muting.acknowledged_by(news.id),
            owner=owner,
        )
        words = worded(news, told, receiver.lang)
        more = {"lang": receiver.lang, "owner": owner, "times": told.times}
        for part, template in receiver.templates.items():
            try:
                words = replace(words, **{part: filled(template, news, words, more)})  # type: ignore[arg-type]
            except TemplateFault as error:
                LOG.warning("template fails: receiver=%s part=%s error=%s", receiver.name, part, error)
        return words

    def _links(
        self, told: Sequence[TransitionNews], lang: str, labels: Mapping[str, str]
    ) -> tuple[NextLook, ...]:
        """Places that lead on, those of the rules file for `labels`, which all that is told has.

        A link acknowledges one alert; of several that are told together each open one has its own.
        """
        words = WORDS[lang]
        known = self._about(told[0]).labels(labels) if "rule" in labels else labels
        found = [(words.get(name, name), led_to(url, known)) for name, url in self.rulebook.links.items()]
        found += [
            (words["runbook"], url) for url in dict.fromkeys(self._about(each).runbook for each in told)
        ]
        for each in told:
            if each.state != "resolved":
                which = words["colon"] + ", ".join([each.rule, *filter(None, each.scope.values())])
                text = words["acknowledge"] + printable(which if len(told) > 1 else "")
                found.append((text, self.ack_link(each.id, each.severity)))
        return tuple(NextLook(text, url) for text, url in found if url)

    def _alert(self, news: TransitionNews, words: Words) -> AlertNews:
        """What machines are told.  Numbers stand in annotations only: labels are the alert's identity."""
        about = self._about(news)
        labels = {"alertname": news.rule, **news.labels}
        annotations = {"summary": words.title, "description": words.text, "runbook_url": about.runbook}
        return AlertNews(
            id=news.id,
            state=news.state,
            labels=about.labels(labels),
            annotations={name: text for name, text in annotations.items() if text},
            started_at=news.started_at or news.at,
            ended_at=news.at if news.state == "resolved" else None,
            data={"value": news.value, "n": news.n, "limit": news.limit},
        )

    def _about(self, news: TransitionNews) -> RuleAbout:
        return self.rulebook.about.get(news.rule, NOTHING_MORE)


def _group_title(message: GroupMessage, lang: str) -> str:
    words, labels = WORDS[lang], message.group.labels.items()
    scope = ", ".join(f"{words.get(name, name)} {printable(value)}" for name, value in labels if value)
    level = words[message.severity if message.state == "firing" else message.state]
    count = len(message.open or message.notices)
    number = words["alerts" if count != 1 else "alert"].format(n=count)
    return f"{level}{words['colon']}{number} ({scope or words['everywhere']})"


def _rank(group: AlertGroup, news: Notice) -> tuple[bool, bool, bool]:
    """What has changed before what has not, what goes on before what is over, the loud before the rest."""
    before = group.told.get(news.alert)
    unchanged = before is not None and before.notice.seq == news.seq
    return unchanged, news.final, news.news.severity != "critical"


def _group_text(message: GroupMessage, listed: Sequence[tuple[Notice, Words]], lang: str) -> str:
    """Counts of what is new, still there and over; then sentences of those that are listed."""
    told, every = message.group.told, message.notices
    over = sum(each.final for each in every)
    still = sum(each.alert in told and not each.final for each in every)
    counts = WORDS[lang]["news"].format(new=len(every) - over - still, still=still, over=over)
    lines = [counts, *(words.text for _, words in listed)]
    if len(every) > len(listed):
        lines.append(WORDS[lang]["more"].format(n=len(every) - len(listed)))
    return "\n".join(lines)


def _group_body(message: GroupMessage) -> bytes:
    """The envelope of a group: its alerts, as many as a receiver should have to take."""
    alerts = [msgspec.to_builtins(each.news) for each in message.notices]
    at = max(each.news.at for each in message.notices)
    body = b""
    for most in (len(alerts), 20, 5, 1):
        data = {
            "group": message.group.id,
            "labels": dict(message.group.labels),
            "state": message.state,
            "count": len(alerts),
            "alerts": alerts[:most],
        }
        body = orjson.dumps({"type": f"cx.group.{message.state}", "timestamp": at, "data": data})
        if len(body) <= MOST_BYTES:
            break
    return body
