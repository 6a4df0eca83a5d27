"""Kinds: what every vendor's messages become, and what is told of those that become nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from stream.gateway.customers import NOBODY
from stream.gateway.kind_files import kinds
from stream.gateway.source_file import parse_sources, resolved
from stream.gateway.sources import SLICE, ReceivedBody, Source, receive, receive_in_slices
from stream.messages.outcomes import Reason
from tests.webhooks import (
    AMPLITUDE_SETTINGS,
    FORMBRICKS,
    INTERCOM_RATING,
    WEBHOOKS,
    Webhook,
    amplitude,
    delighted,
    hotjar,
    question,
    typeform,
    zendesk,
)

NOW_S = 1772443000.0


def source_of(kind: str, **settings: Any) -> Source:
    """A source of a kind, without secrets."""
    entry = {"name": "s", "kind": kind, "path": "/in/0123456789abcdef", **settings}
    text = yaml.safe_dump({"sources": [entry]})
    return resolved(parse_sources(text, "s.yaml", Path()), {})[0]


def asknicely(template: str) -> dict[str, Any]:
    """An answer to a survey of some name."""
    asked = {"id": "3", "score": "4", "responded": "1772442900", "survey_template": template}
    return {"person": {"id": "1"}, "question": asked}


@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda webhook: f"{webhook.kind} {webhook.title}")
def test_messages_become_events(webhook: Webhook) -> None:
    """Those that their vendors send, field by field."""
    found = receive(source_of(webhook.kind, **webhook.settings), webhook.headers, webhook.raw, NOW_S)
    assert found.refused == []
    assert [orjson.loads(event.value) for event in found.events] == webhook.events
    assert bool(found.ignored) is (not webhook.events)


def test_every_kind_has_an_example() -> None:
    """So that the test above tests all of them."""
    assert {webhook.kind for webhook in WEBHOOKS if webhook.events} == set(kinds())


def test_events_are_keyed_by_customer() -> None:
    """Or by their own id, as the worker expects."""
    (webhook,) = (each for each in WEBHOOKS if each.kind == "events")
    found = receive(source_of("events"), {}, webhook.raw, NOW_S)
    assert [(event.topic, event.key) for event in found.events] == [
        ("cx.feedback", b"c-1"),
        ("cx.feedback", b"o-2"),
    ]


@pytest.mark.parametrize(
    ("kind", "settings", "body", "detail"),
    [
        ("zendesk", {}, {"hello": 1}, "foreign: type"),
        ("zendesk", {}, zendesk("csat_received", {}), "missing: score"),
        (
            "zendesk",
            {},
            zendesk("csat_received", {"satisfaction_score": {"score": "MEH"}}),
            "lookup: event.satisfaction_score.score: want one of good",
        ),
        ("hotjar", {}, hotjar(question(1, "1-7-rating", "2")), "missing: indicator"),
        ("hotjar", {}, hotjar(question(1, "reaction", "meh")), "lookup: data.questions.answers"),
        ("amplitude", {}, amplitude(), 'lookup: surveys: want an entry for "12345/2" or "12345"'),
        (
            "amplitude",
            {"surveys": {"12345": {"indicator": "csat"}}},
            amplitude(),
            "missing: scale",
        ),
        ("typeform", {}, typeform("rating", 2, {"steps": 8}), "lookup: "),
        ("hotjar", {}, hotjar(question(1, "1-10-rating", "2")), "missing: indicator"),
        ("hotjar", {}, hotjar(question(1, "thumbs", "up")), "missing: indicator"),
        ("delighted", {}, delighted("ces7", 7), "missing: indicator"),
        ("asknicely", {}, asknicely("CSAT"), "missing: indicator"),
        ("asknicely", {}, asknicely("After call: 5 stars"), "missing: indicator"),
        ("helpscout", {}, {"id": 1, "conversationId": 2, "value": "🤷"}, "lookup: value: want one of"),
        ("typeform", {}, typeform("rating", 2, {}), "missing: scale"),
    ],
)
def test_what_cannot_be_mapped_is_told(
    kind: str, settings: dict[str, Any], body: dict[str, Any], detail: str
) -> None:
    """With the whole message, and without the customer's data in the reason."""
    found = receive(source_of(kind, **settings), {}, orjson.dumps(body), NOW_S)
    (refused,) = found.refused
    assert found.events == []
    assert refused.reason is Reason.UNMAPPABLE
    assert refused.detail.startswith(detail), refused.detail
    assert "MEH" not in refused.detail
    assert orjson.loads(refused.value) == body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"type": "ticket.csat", "comment": "a\nb"}', Reason.NOT_JSON),
        (b"[5]", Reason.NOT_OBJECT),
        (b'{"type": "\xff"}', Reason.BAD_ENCODING),
    ],
)
def test_spoilt_bodies_are_told(body: bytes, reason: Reason) -> None:
    """A trigger's placeholder with a line break in it, and worse."""
    (refused,) = receive(source_of("zendesk"), {}, body, NOW_S).refused
    assert refused.reason is reason


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"ticket_id=5&rating=103", "got a form: let the sender write JSON"),
        (b"payload=%7B%7D", "got a form"),
        (b"<ticket><id>5</id></ticket>", "got XML or HTML"),
        ('"ticket"'.encode("utf-16"), "got UTF-16"),
        (b"\x1f\x8b\x08\x00", "got gzip without a Content-Encoding"),
        (b"hello", "but JSON is malformed"),
    ],
)
def test_bodies_that_are_no_json_are_told_with_the_way_out(body: bytes, said: str) -> None:
    """Most help desks offer several forms, and JSON is seldom the first."""
    (refused,) = receive(source_of("freshdesk"), {}, body, NOW_S).refused
    assert refused.reason is Reason.NOT_JSON
    assert said in refused.detail


def test_a_mark_before_the_body_is_none_of_it() -> None:
    """.NET writes one."""
    plain = orjson.dumps(delighted("nps", 9))
    for body in (plain, b"[" + plain + b"]", plain + b"\n" + plain):
        bare = receive(source_of("delighted"), {}, body, NOW_S)
        assert receive(source_of("delighted"), {}, b"\xef\xbb\xbf" + body, NOW_S) == bare
        assert bare.events


def test_an_item_that_is_wrong_does_not_spoil_the_others() -> None:
    """Each of an array is on its own."""
    good = delighted("nps", 9)
    found = receive(source_of("delighted"), {}, orjson.dumps([good, {"x": 1}, good]), NOW_S)
    assert len(found.events) == 2
    assert [each.value for each in found.refused] == [b'{"x":1}']


@pytest.mark.parametrize("others", [[], ["seen", "rated"], [{"at": 1}]])
def test_an_event_that_has_a_list_of_events_is_no_batch(others: list[Any]) -> None:
    """Fields that are not known are ignored: of one with an empty list nothing was left, and 200 said."""
    event = {"id": "1", "at": 1772442900, "channel": "phone", "events": others}
    found = receive(source_of("events"), {}, orjson.dumps(event), NOW_S)
    assert [orjson.loads(each.value) for each in found.events] == [event]


OWN_MAPPING = """
format: ndjson
each: events
fields:
  id: {text: "own:{ref}:{events.step}"}
  at: {time: events.at}
  channel: {constant: web}
  topic: events.topic
events: [{}]
"""


def own_source(folder: Path) -> Source:
    """A source with a mapping of its own, which looks into `{"events": […]}` itself."""
    (folder / "own.yaml").write_text(OWN_MAPPING, encoding="utf-8")
    text = "sources: [{name: own, mapping: own.yaml, path: /in/0123456789abcdef}]"
    return resolved(parse_sources(text, "s.yaml", folder), {})[0]


def test_a_mapping_that_reads_events_has_its_messages_whole(tmp_path: Path) -> None:
    """They were taken apart before, so that it found none, and nothing was said."""
    steps = [{"step": step, "at": "2026-03-02T09:00:00Z"} for step in (1, 2)]
    found = receive(own_source(tmp_path), {}, orjson.dumps({"ref": 7, "events": steps}), NOW_S)
    assert [orjson.loads(each.value)["id"] for each in found.events] == ["own:7:1", "own:7:2"]


def test_two_events_of_a_message_have_two_ids(tmp_path: Path) -> None:
    """Of two with one the worker would count the first alone; an event that is there twice is one."""
    one = {"step": 1, "at": "2026-03-02T09:00:00Z", "topic": "a"}
    body = orjson.dumps({"ref": 7, "events": [one, {**one, "topic": "b"}]})
    (refused,) = receive(own_source(tmp_path), {}, body, NOW_S).refused
    assert refused.detail.startswith("same_id: id: want one for each event")
    assert "own:7:1" not in refused.detail
    assert not receive(
        own_source(tmp_path), {}, orjson.dumps({"ref": 7, "events": [one, one]}), NOW_S
    ).refused


def test_who_leaves_has_not_answered_once_more() -> None:
    """Delighted tells of an unsubscription with the answer that was given before, perhaps weeks ago."""
    body = {**delighted("nps", 9), "event_type": "survey_response.unsubscribed"}
    found = receive(source_of("delighted"), {}, orjson.dumps(body), NOW_S)
    assert (found.events, found.refused, dict(found.ignored)) == ([], [], {"skipped": 1})


CLOUD_EVENT = {"specversion": "1.0", "id": "a-1", "source": "/crm", "type": "x"}


def test_an_envelope_that_is_wrong_does_not_spoil_the_others() -> None:
    """Nor does what it holds: each is refused as it came, envelope and all."""
    sound = {"channel": "web", "customer": "c-1"}
    wrong: list[Any] = [
        {**CLOUD_EVENT, "data": {"customer": "c-2"}},
        {**CLOUD_EVENT, "data": 5},
        {"specversion": "1.0", "data": sound},
        7,
    ]
    body = orjson.dumps([{**CLOUD_EVENT, "data": sound}, *wrong, {**CLOUD_EVENT, "id": "a-2", "data": sound}])
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    for kind in ("cloudevents", "events"):
        found = receive(source_of(kind), headers, body, NOW_S)
        assert [orjson.loads(event.value)["id"] for event in found.events] == ["/crm/a-1", "/crm/a-2"]
        assert [each.value for each in found.refused] == list(map(orjson.dumps, wrong))
        assert found.refused[0].detail.startswith("channel: want a value")


def test_cloud_events_that_are_called_plain_json_are_read() -> None:
    """By a source that is told to expect them: many senders set no content type of their own."""
    body = orjson.dumps([{**CLOUD_EVENT, "data": {"channel": "web"}}])
    found = receive(source_of("cloudevents"), {"Content-Type": "application/json"}, body, NOW_S)
    assert [orjson.loads(event.value)["id"] for event in found.events] == ["/crm/a-1"]
    (refused,) = receive(source_of("cloudevents"), {}, b'{"hello": 1}', NOW_S).refused
    assert refused.reason is Reason.UNMAPPABLE


@pytest.mark.parametrize("word", ["OFFERED", "Offered", "not_offered", "Not offered", "UNOFFERED"])
@pytest.mark.parametrize(
    "body_of",
    [
        lambda word: zendesk("csat_received", {"satisfaction_score": {"score": word}}),
        lambda word: zendesk("csat_received", {"satisfaction_rating": {"score": word}}),
        lambda word: zendesk("csat_received", {"current": word, "previous": "GOOD"}),
        lambda word: {"type": "ticket.csat", "ticket_id": "7", "rating": word},
    ],
)
def test_offers_of_zendesk_are_no_answers(word: str, body_of: Callable[[str], dict[str, Any]]) -> None:
    """Neither counted nor refused, wherever they stand."""
    found = receive(source_of("zendesk"), {}, orjson.dumps(body_of(word)), NOW_S)
    assert (found.events, found.refused, found.ignored) == ([], [], {"skipped": 1})


def test_an_answer_off_its_scale_is_refused_before_it_is_written() -> None:
    """Where the message or its source says the scale."""
    found = receive(source_of("delighted"), {}, orjson.dumps(delighted("nps", 11)), NOW_S)
    assert [each.reason for each in found.refused] == [Reason.SCORE_OFF_SCALE]


def test_finished_answers() -> None:
    """Only complete ones count where the source says so; else the first message with a rating does."""
    settings = {"surveys": {"csat": {"indicator": "csat", "scale": "1-5"}}}
    partial = orjson.dumps({**FORMBRICKS, "event": "responseUpdated"})
    assert len(receive(source_of("formbricks", **settings), {}, partial, NOW_S).events) == 1
    finished = source_of("formbricks", answers="finished", **settings)
    assert receive(finished, {}, partial, NOW_S).ignored == {"unfinished": 1}
    assert len(receive(finished, {}, orjson.dumps(FORMBRICKS), NOW_S).events) == 1
    incomplete = orjson.dumps(hotjar(question(1, "nps", "9"), is_complete=False))
    assert len(receive(source_of("hotjar"), {}, incomplete, NOW_S).events) == 1
    late = source_of("hotjar", answers="finished")
    assert receive(late, {}, incomplete, NOW_S).ignored == {"unfinished": 1}


def test_a_changed_answer_keeps_its_id() -> None:
    """So the worker counts it once, as it was first."""
    first, later = (
        receive(source_of("delighted"), {}, orjson.dumps(delighted("nps", score)), NOW_S).events[0]
        for score in (3, 9)
    )
    assert orjson.loads(first.value)["id"] == orjson.loads(later.value)["id"]


@pytest.mark.parametrize(
    ("kind", "settings", "body", "score"),
    [
        (
            "asknicely",
            {"surveys": {"CSAT": {"indicator": "csat", "scale": "1-5"}}},
            asknicely("CSAT"),
            ("csat", 4),
        ),
        ("asknicely", {}, asknicely("NPS Q3"), ("nps", 4)),
        (
            "delighted",
            {"surveys": {"ces7": {"indicator": "ces", "scale": "1-7"}}},
            delighted("ces7", 7),
            ("ces", 7),
        ),
        ("typeform", {}, typeform("rating", 4, {"steps": 4}), ("csat", 4)),
        ("typeform", {}, typeform("opinion_scale", 6, {"steps": 6, "start_at_one": True}), ("csat", 6)),
        ("helpscout", {}, {"id": 1, "conversationId": 2, "value": "☹️"}, ("csat", "no")),
        ("helpscout", {}, {"id": 1, "ticketId": 2, "value": 9, "category": "Promoter"}, ("nps", 9)),
    ],
)
def test_surveys_of_other_kinds_count_as_what_they_are(
    kind: str, settings: dict[str, Any], body: dict[str, Any], score: tuple[str, object]
) -> None:
    """What the message does not say is asked for, and what it says is not passed over."""
    (event,) = receive(source_of(kind, **settings), {}, orjson.dumps(body), NOW_S).events
    found = orjson.loads(event.value)
    assert (found["indicator"], found["score"]) == score


def test_surveys_may_be_ignored() -> None:
    """By name, so that their answers are no dead letters."""
    found = receive(
        source_of("amplitude", surveys={**AMPLITUDE_SETTINGS["surveys"], "12345": "ignore"}),
        {},
        orjson.dumps(amplitude(**{"Step ID": 3})),
        NOW_S,
    )
    assert found.ignored == {"skipped": 1}


def test_sources_fill_dimensions() -> None:
    """Those that an event lacks."""
    own = b'{"id":"1","at":2000000000,"channel":"web","segment":"private"}'
    filled = source_of("events", set={"segment": "business", "country": "FR"})
    (event,) = receive(filled, {}, own, NOW_S).events
    assert orjson.loads(event.value) == {
        "id": "1",
        "at": 2000000000,
        "channel": "web",
        "segment": "private",
        "country": "FR",
    }


def test_a_large_body_is_read_in_slices() -> None:
    """Others get a turn; what becomes of it is the same."""
    body = orjson.dumps([delighted("nps", number % 11) for number in range(1_000)])
    source, found = source_of("delighted"), ReceivedBody()
    assert len(list(receive_in_slices(source, {}, body, NOW_S, NOBODY, found))) == 1_000 // SLICE
    assert found.events == receive(source, {}, body, NOW_S).events


def test_foreign_messages_are_no_answers_of_anybody() -> None:
    """Every vendor's kind tells that a message is not of its system."""
    for kind in sorted({webhook.kind for webhook in WEBHOOKS} - {"events", "cloudevents"}):
        found = receive(source_of(kind), {}, b'{"hello": 1}', NOW_S)
        assert [each.reason for each in found.refused] == [Reason.UNMAPPABLE], kind


def test_an_empty_body_is_a_test() -> None:
    """Zendesk signs and sends such."""
    assert receive(source_of("zendesk"), {}, b" ", NOW_S).ignored == {"test": 1}


@pytest.mark.parametrize(
    ("kind", "body", "event"),
    [
        (
            "chatwoot",
            {
                "event": "conversation_created", "id": 7, "account": {"id": 1},
                "created_at": "2026-03-02 09:15:00 UTC",
            },
            {"at": "2026-03-02T09:15:00Z", "event": "contact"},
        ),
        (
            "chatwoot",
            {
                "event": "conversation_status_changed", "id": 7, "account": {"id": 1},
                "created_at": "2026-03-02T09:00:00Z", "updated_at": "2026-03-02T09:15:00.420Z",
                "changed_attributes": [{"status": {"previous_value": "open", "current_value": "resolved"}}],
            },
            {"at": "2026-03-02T09:15:00.420Z", "opened_at": "2026-03-02T09:00:00Z"},
        ),
        (
            "chatwoot",
            {"event": "conversation_created", "id": 7, "inbox_id": 3, "created_at": 1772442900},
            {"id": "chatwoot:inbox:3:conversation:7", "event": "contact", "case": "7"},
        ),
        (
            "chatwoot",
            {
                "event": "conversation_status_changed", "id": 7, "inbox_id": 3,
                "created_at": 1772442000, "updated_at": 1772442900.25,
                "changed_attributes": [{"status": {"previous_value": "open", "current_value": "resolved"}}],
            },
            {"id": "chatwoot:inbox:3:conversation:7:resolved:1772442900.25", "event": "resolved"},
        ),
        ("freshdesk", {"ticket_id": "7", "rating": "Just Okay"}, {"score": "no"}),
        ("helpscout", {"id": 1, "ticketId": 2, "rating": "not_good"}, {"score": "no"}),
        ("helpscout", {"id": 1, "ticketId": 2, "rating": "ok"}, {"score": "no"}),
        ("hotjar", hotjar(question(1, "nps", {"question_id": 1, "answer": "9"})), {"score": 9}),
        ("hotjar", hotjar(question(1, "rating-1-5", {"answer": 0})), {}),
        ("hotjar", hotjar(question(1, "reaction", {"answer": "love"})), {"score": "5"}),
    ],
)  # fmt: skip
def test_messages_in_another_dress_are_read(kind: str, body: dict[str, Any], event: dict[str, Any]) -> None:
    """Times as texts, words in another spelling, answers as the API has them; or they are told."""
    found = receive(source_of(kind), {}, orjson.dumps(body), NOW_S)
    if not event:
        assert len(found.refused) == 1
        return
    (made,) = found.events
    assert orjson.loads(made.value).items() >= event.items()


def test_times_of_amplitude_may_be_numbers() -> None:
    """As its HTTP API takes them."""
    source = source_of("amplitude", **AMPLITUDE_SETTINGS)
    body = {**amplitude(), "event_time": 1772442900120}
    (made,) = receive(source, {}, orjson.dumps(body), NOW_S).events
    assert orjson.loads(made.value)["at"] == "2026-03-02T09:15:00.120Z"


def test_an_id_that_is_a_power_is_told_as_such() -> None:
    """No spreadsheet has seen it; and what it was stays in the message."""
    (refused,) = receive(source_of("zendesk"), {}, orjson.dumps(zendesk("csat_received", {})).replace(
        b'"id":"35436"', b'"id":1.2345678901234568e+29'
    ), NOW_S).refused  # fmt: skip
    assert refused.detail == "spoiled: detail.id: want an id as a text, as a power of ten has lost digits"


def test_a_comment_with_an_optional_hyphen_costs_no_answer() -> None:
    """Old Word files have U+001F for one, which parts the items of lists here: it was two comments."""
    body = hotjar(question(1, "1-5-rating", "2"), question(2, "long-text", "so un\x1ffriendly"))
    (event,) = receive(source_of("hotjar"), {}, orjson.dumps(body), NOW_S).events
    assert orjson.loads(event.value)["comment"] == "so un friendly"


def test_a_comment_that_was_cut_within_a_letter_costs_no_answer() -> None:
    """In a vendor's message, in our own events, and in those that look like interactions at first."""
    body = orjson.dumps(delighted("nps", 9)).replace(b'"slow"', rb'"slow \ud83d"')
    assert rb"\ud83d" in body
    (made,) = receive(source_of("delighted"), {}, body, NOW_S).events
    assert orjson.loads(made.value)["comment"] == "slow \ufffd"
    own = b'{"id":"1","at":2000000000,"channel":"web","indic\\u0061tor":"nps","score":9,"comment":"\\ud83d"}'
    (made,) = receive(source_of("events"), {}, own, NOW_S).events
    assert made.topic == "cx.feedback"


def test_a_ticket_that_is_rated_as_conversations_are_counts_alike() -> None:
    """Intercom does not say what its message has."""
    bodies = [
        {**INTERCOM_RATING, "topic": topic}
        for topic in ("conversation.rating.added", "ticket.rating.provided")
    ]
    one, other = (receive(source_of("intercom"), {}, orjson.dumps(body), NOW_S).events for body in bodies)
    assert one == other != []
