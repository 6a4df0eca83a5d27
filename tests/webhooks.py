"""Requests as the vendors send them, and the events that they are; from the facts collected on each system.

All ids, names and texts are invented.  Each is signed as its vendor signs.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from stream.gateway.kind_files import kind
from stream.gateway.verification import KeyForm, signed_with

SECRET = "s3cr3t"  # noqa: S105  # of tests
WHSEC = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One request of a kind: what its source says, its body, and the events that it becomes."""

    kind: str
    body: Any
    events: list[dict[str, Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    title: str = ""

    @property
    def raw(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)

    @property
    def secret(self) -> str:
        """The signing secret, in the form that the kind wants."""
        signature = kind(self.kind).signature
        return WHSEC if signature is not None and signature.key is KeyForm.WHSEC else SECRET

    def signed(self, now_s: float | None = None) -> dict[str, str]:
        """All headers, signature and stamp included where the vendor signs."""
        headers = {"Content-Type": "application/json", **self.headers}
        signature = kind(self.kind).signature
        if signature is None:
            return headers
        stamp_s = time.time() if now_s is None else now_s
        if signature.timestamp is not None:
            iso = datetime.fromtimestamp(stamp_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            headers[signature.timestamp] = iso if self.kind == "zendesk" else str(int(stamp_s))
        if signature.id is not None:
            headers[signature.id] = "msg_01"
        headers[signature.header] = signed_with(signature, self.secret, headers, self.raw).decode()
        return headers


ZENDESK_TICKET = {
    "id": "35436",
    "status": "SOLVED",
    "priority": "NORMAL",
    "type": "QUESTION",
    "requester_id": "20978392",
    "group_id": "98738",
    "assignee_id": "235323",
    "brand_id": "8447",
    "organization_id": None,
    "tags": ["topic_billing", "vip"],
    "created_at": "2026-03-01T08:00:00Z",
    "updated_at": "2026-03-02T09:15:04Z",
    "via": {"channel": "email"},
    "is_public": True,
}


def zendesk(name: str, event: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    """An event of Zendesk's."""
    return {
        "type": f"zen:event-type:ticket.{name}",
        "account_id": 22129848,
        "id": "8d0f6d0a-6a0e-4a0b-9a58-0d7a1e6a3c11",
        "time": "2026-03-02T09:15:04Z",
        "zendesk_event_version": "2022-11-06",
        "subject": "zen:ticket:35436",
        "detail": ZENDESK_TICKET,
        "event": {**event, "meta": {"sequence": {"id": "01HQ", "position": 1}}},
        **others,
    }


ZENDESK_SETTINGS = {"topics": {"topic_billing": "billing"}, "teams": {"98738": "second line"}}
ZENDESK_COMMON = {
    "at": "2026-03-02T09:15:04Z",
    "channel": "email",
    "customer": "20978392",
    "topic": "billing",
    "team": "second line",
}


def hotjar(*questions: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    """A response to a survey of Hotjar's."""
    return {
        "event": "survey_response",
        "version": 1,
        "data": {
            "id": "7c1b0f4e",
            "survey_id": 812345,
            "survey_name": "Checkout CSAT",
            "site_id": 456789,
            "is_complete": True,
            "created_str": "2026-03-02T09:15:00Z",
            "created_timestamp": 1772442900,
            "device": "mobile",
            "country_code": "FR",
            "hotjar_user_id": "2f3a9d52",
            "user_attributes": {"plan": "pro"},
            "recording_url": None,
            "response_origin_url": "https://shop.example/checkout/payment?mail=a@b.example",
            "questions": list(questions),
            **others,
        },
    }


def question(number: int, kind_of: str, *answers: object) -> dict[str, Any]:
    """One question with its answers."""
    return {"question_id": number, "question_type": kind_of, "answers": list(answers)}


HOTJAR_COMMON = {
    "at": "2026-03-02T09:15:00Z",
    "customer": "2f3a9d52",
    "country": "FR",
    "topic": "Checkout CSAT",
    "channel": "web",
    "stage": "checkout",
}


def amplitude(**properties: Any) -> dict[str, Any]:
    """A step of a survey in Amplitude."""
    return {
        "$insert_id": "5f0a3f1e",
        "uuid": "0b8f2f60",
        "app": 123456,
        "user_id": "u-4711",
        "device_id": "a1b2",
        "event_type": "[Guides-Surveys] Survey Submitted",
        "event_time": "2026-03-02 09:15:00.120000",
        "server_received_time": "2026-03-02 09:15:01.795000",
        "platform": "iOS",
        "country": "France",
        "event_properties": {
            "[Guides-Surveys] Key": "12345",
            "[Guides-Surveys] Step ID": 2,
            "[Guides-Surveys] Type": "Survey",
            "[Guides-Surveys] Is From Debug Mode": False,
            "[Guides-Surveys] Survey Response Number": 2,
            **{f"[Guides-Surveys] {name}": value for name, value in properties.items()},
        },
        "user_properties": {"plan": "pro"},
        "groups": {},
    }


AMPLITUDE_SETTINGS = {"surveys": {"12345/2": {"indicator": "csat", "scale": "1-5"}}}

INTERCOM_RATING = {
    "type": "notification_event",
    "id": "notif_01hq",
    "topic": "conversation.rating.added",
    "app_id": "abc123",
    "created_at": 1772442951,
    "delivery_attempts": 1,
    "data": {
        "type": "notification_event_data",
        "item": {
            "type": "conversation",
            "id": "147",
            "state": "closed",
            "source": {"type": "email"},
            "tags": {"type": "tag.list", "tags": [{"id": "9", "name": "billing"}]},
            "conversation_rating": {
                "rating": 2,
                "remark": "slow",
                "created_at": 1772440000,
                "updated_at": 1772442940,
                "contact": {"type": "contact", "id": "5f"},
            },
        },
    },
}

CHATWOOT_RATING = {
    "event": "message_updated",
    "id": 981,
    "content": "Please rate",
    "content_type": "input_csat",
    "message_type": "template",
    "created_at": "2026-03-02T09:00:00.000Z",
    "content_attributes": {
        "submitted_values": {"csat_survey_response": {"rating": 2, "feedback_message": "slow"}}
    },
    "conversation": {
        "id": 147,
        "channel": "Channel::Whatsapp",
        "status": "resolved",
        "labels": ["billing"],
        "meta": {"sender": {"id": 55}, "team": {"id": 3, "name": "EU"}},
        "updated_at": 1772442951.42,
    },
    "account": {"id": 1, "name": "Shop"},
}


def typeform(field_type: str, number: int, properties: Mapping[str, Any]) -> dict[str, Any]:
    """A response to a form with one rating and a text."""
    asked = {"id": "f1", "ref": "rated", "type": field_type}
    return {
        "event_id": "01HQ7",
        "event_type": "form_response",
        "form_response": {
            "form_id": "lT4Z3j",
            "token": "a3a12ec67a",
            "landed_at": "2026-03-02T09:14:02Z",
            "submitted_at": "2026-03-02T09:15:02Z",
            "hidden": {"ticket": "35436", "user_id": "u-4711"},
            "definition": {
                "id": "lT4Z3j",
                "fields": [
                    {"id": "f2", "ref": "why", "type": "long_text"},
                    {**asked, "properties": properties},
                ],
            },
            "answers": [
                {"type": "number", "number": number, "field": asked},
                {"type": "text", "text": "slow", "field": {"id": "f2", "ref": "why", "type": "long_text"}},
            ],
        },
    }


def in_a_group(body: dict[str, Any]) -> dict[str, Any]:
    """The same response where the form's questions are those of a group."""
    definition = body["form_response"]["definition"]
    definition["fields"] = [{"id": "g1", "type": "group", "properties": {"fields": definition["fields"]}}]
    return body


TYPEFORM_COMMON = {
    "id": "typeform:a3a12ec67a:f1",
    "at": "2026-03-02T09:15:02Z",
    "channel": "web",
    "customer": "u-4711",
    "interaction": "35436",
    "comment": "slow",
}

FORMBRICKS = {
    "event": "responseFinished",
    "webhookId": "wh1",
    "data": {
        "id": "clx1",
        "surveyId": "sv1",
        "finished": True,
        "createdAt": "2026-03-02T09:14:29.507Z",
        "updatedAt": "2026-03-02T09:15:03.696Z",
        "data": {"csat": 2, "why": "slow"},
        "language": "fr",
        "tags": [],
        "contact": None,
        "contactAttributes": {"userId": "u-4711"},
        "meta": {"country": "FR", "url": "https://shop.example/checkout", "userAgent": {"device": "mobile"}},
    },
}


def delighted(survey: str, score: int, **others: Any) -> dict[str, Any]:
    """A response in Delighted."""
    return {
        "event_type": "survey_response.updated",
        "event_id": "evt_01",
        "event_data": {
            "id": "47",
            "person": {"id": "42", "email": "p@example.com"},
            "survey_type": survey,
            "score": score,
            "comment": "slow",
            "created_at": 1772442900,
            "updated_at": 1772442960,
            "person_properties": {"Locale": "fr", "ticket": "35436"},
            "tags": ["billing"],
            **others,
        },
    }


DELIGHTED_COMMON = {
    "id": "delighted:47",
    "at": "2026-03-02T09:15:00Z",
    "channel": "email",
    "customer": "42",
    "interaction": "35436",
    "comment": "slow",
}

SEGMENT = {
    "type": "track",
    "event": "Survey Answered",
    "messageId": "ajs-1",
    "userId": "u-4711",
    "anonymousId": "507f191e",
    "timestamp": "2026-03-02T09:15:00.120Z",
    "originalTimestamp": "2026-03-02T09:14:58.000Z",
    "version": 2,
    "properties": {"indicator": "csat", "score": 2, "scale": "1-5", "comment": "slow", "topic": "billing"},
}

OWN = {
    "id": "o-1",
    "at": "2026-03-02T09:15:00Z",
    "channel": "phone",
    "indicator": "csat",
    "score": 2,
    "customer": "c-1",
}

WEBHOOKS = [
    Webhook(
        kind="zendesk",
        title="a rating",
        settings=ZENDESK_SETTINGS,
        body=zendesk("csat_received", {"satisfaction_score": {"score": "BAD"}}),
        events=[
            {
                **ZENDESK_COMMON,
                "id": "zendesk:22129848:35436:csat",
                "indicator": "csat",
                "score": "no",
                "scale": "yes-no",
                "interaction": "35436",
            }
        ],
    ),
    Webhook(
        kind="zendesk",
        title="a trigger",
        settings=ZENDESK_SETTINGS,
        body={
            "type": "ticket.csat",
            "ticket_id": "35436",
            "rating": "Good",
            "time": "2026-03-02T09:15:04Z",
            "requester_id": "20978392",
            "channel": "Web Form",
        },
        events=[
            {
                "id": "zendesk:35436:csat",
                "at": "2026-03-02T09:15:04Z",
                "channel": "web",
                "indicator": "csat",
                "score": "yes",
                "scale": "yes-no",
                "customer": "20978392",
                "interaction": "35436",
            }
        ],
    ),
    Webhook(
        kind="zendesk",
        title="an offer is no answer",
        body=zendesk("csat_requested", {"satisfaction_score": {"score": "OFFERED"}}),
        events=[],
    ),
    Webhook(
        kind="zendesk",
        title="a contact",
        settings=ZENDESK_SETTINGS,
        body=zendesk("created", {}),
        events=[
            {
                **ZENDESK_COMMON,
                "id": "zendesk:8d0f6d0a-6a0e-4a0b-9a58-0d7a1e6a3c11",
                "event": "contact",
                "case": "35436",
            }
        ],
    ),
    Webhook(
        kind="zendesk",
        title="solved",
        settings=ZENDESK_SETTINGS,
        body=zendesk("status_changed", {"current": "SOLVED", "previous": "OPEN"}),
        events=[
            {
                **ZENDESK_COMMON,
                "id": "zendesk:8d0f6d0a-6a0e-4a0b-9a58-0d7a1e6a3c11",
                "event": "resolved",
                "case": "35436",
                "opened_at": "2026-03-01T08:00:00Z",
            }
        ],
    ),
    Webhook(
        kind="zendesk",
        title="reopened",
        settings=ZENDESK_SETTINGS,
        body=zendesk("status_changed", {"current": "OPEN", "previous": "SOLVED"}),
        events=[
            {
                **ZENDESK_COMMON,
                "id": "zendesk:8d0f6d0a-6a0e-4a0b-9a58-0d7a1e6a3c11",
                "event": "reopened",
                "case": "35436",
            }
        ],
    ),
    Webhook(
        kind="zendesk",
        title="closed by itself",
        body=zendesk("status_changed", {"current": "CLOSED", "previous": "SOLVED"}),
        events=[],
    ),
    Webhook(
        kind="hotjar",
        title="a rating and a text",
        settings={"surveys": {812345: {"indicator": "csat", "channel": "web", "stage": "checkout"}}},
        body=hotjar(question(1, "1-5-rating", "2"), question(2, "long-text", "The code never came")),
        events=[
            {
                **HOTJAR_COMMON,
                "id": "hotjar:7c1b0f4e:1",
                "indicator": "csat",
                "score": 2,
                "scale": "1-5",
                "comment": "The code never came",
            }
        ],
    ),
    Webhook(
        kind="hotjar",
        title="two ratings, one of effort",
        settings={
            "surveys": {"812345/2": {"indicator": "ces"}},
            "stages": {"/checkout": "checkout", "/": "elsewhere"},
        },
        body=hotjar(question(1, "nps", "9"), question(2, "1-7-rating", "6")),
        events=[
            {**HOTJAR_COMMON, "id": "hotjar:7c1b0f4e:1", "indicator": "nps", "score": 9, "scale": "0-10"},
            {**HOTJAR_COMMON, "id": "hotjar:7c1b0f4e:2", "indicator": "ces", "score": 6, "scale": "1-7"},
        ],
    ),
    Webhook(
        kind="hotjar", title="a test", body={"event": "test_message", "version": 1, "data": {}}, events=[]
    ),
    Webhook(
        kind="amplitude",
        settings=AMPLITUDE_SETTINGS,
        body=amplitude(),
        events=[
            {
                "id": "amplitude:5f0a3f1e",
                "at": "2026-03-02T09:15:00.120Z",
                "channel": "ios",
                "score": 2,
                "customer": "u-4711",
                "country": "France",
                "indicator": "csat",
                "scale": "1-5",
            }
        ],
    ),
    Webhook(
        kind="amplitude",
        title="from debug mode",
        settings=AMPLITUDE_SETTINGS,
        body=amplitude(**{"Is From Debug Mode": True}),
        events=[],
    ),
    Webhook(
        kind="amplitude",
        title="abandoned",
        settings=AMPLITUDE_SETTINGS,
        body={**amplitude(), "event_type": "[Guides-Surveys] Survey Abandoned"},
        events=[],
    ),
    Webhook(
        kind="intercom",
        settings={"topics": {"billing": "billing"}},
        body=INTERCOM_RATING,
        events=[
            {
                "id": "intercom:147:1772440000",
                "at": "2026-03-02T09:15:40Z",
                "channel": "email",
                "indicator": "csat",
                "score": 2,
                "scale": "1-5",
                "customer": "5f",
                "interaction": "147",
                "topic": "billing",
                "comment": "slow",
            }
        ],
    ),
    Webhook(kind="intercom", title="a test", body={"type": "notification_event", "topic": "ping"}, events=[]),
    Webhook(
        kind="freshdesk",
        body={
            "id": 9,
            "survey_id": 1,
            "ticket_id": 7,
            "user_id": 55,
            "agent_id": 3,
            "group_id": 2,
            "feedback": "slow",
            "ratings": {"default_question": -103},
            "created_at": "2026-03-02T09:15:00Z",
        },
        events=[
            {
                "id": "freshdesk:7:9",
                "at": "2026-03-02T09:15:00Z",
                "channel": "other",
                "indicator": "csat",
                "score": "no",
                "scale": "yes-no",
                "customer": "55",
                "interaction": "7",
                "comment": "slow",
            }
        ],
    ),
    Webhook(
        kind="freshdesk",
        title="an automation",
        settings={"teams": {"Billing": "billing"}},
        body={
            "ticket_id": "7",
            "rating": "Extremely Happy",
            "time": "2026-03-02T09:15:00Z",
            "source": "Email",
            "group": "Billing",
        },
        events=[
            {
                "id": "freshdesk:7:csat",
                "at": "2026-03-02T09:15:00Z",
                "channel": "email",
                "indicator": "csat",
                "score": "yes",
                "scale": "yes-no",
                "team": "billing",
                "interaction": "7",
            }
        ],
    ),
    Webhook(
        kind="chatwoot",
        settings={"topics": {"billing": "billing"}},
        body=CHATWOOT_RATING,
        events=[
            {
                "id": "chatwoot:1:981",
                "at": "2026-03-02T09:15:51.420Z",
                "channel": "whatsapp",
                "indicator": "csat",
                "score": 2,
                "scale": "1-5",
                "customer": "55",
                "interaction": "147",
                "topic": "billing",
                "team": "EU",
                "comment": "slow",
            }
        ],
    ),
    Webhook(
        kind="typeform",
        body=typeform("opinion_scale", 2, {"steps": 5, "start_at_one": True}),
        events=[{**TYPEFORM_COMMON, "indicator": "csat", "score": 2, "scale": "1-5"}],
    ),
    Webhook(
        kind="typeform",
        title="three stars",
        body=typeform("rating", 2, {"steps": 3}),
        events=[{**TYPEFORM_COMMON, "indicator": "csat", "score": "no", "scale": "yes-no"}],
    ),
    Webhook(
        kind="typeform",
        title="in a group",
        body=in_a_group(typeform("opinion_scale", 6, {"steps": 7, "start_at_one": True})),
        events=[{**TYPEFORM_COMMON, "indicator": "csat", "score": 6, "scale": "1-7"}],
    ),
    Webhook(
        kind="typeform",
        title="nps",
        body=typeform("nps", 8, {"steps": 11}),
        events=[{**TYPEFORM_COMMON, "indicator": "nps", "score": 8, "scale": "0-10"}],
    ),
    Webhook(
        kind="formbricks",
        settings={
            "surveys": {"sv1/csat": {"indicator": "csat", "scale": "1-5"}},
            "stages": {"/checkout": "pay"},
        },
        body=FORMBRICKS,
        events=[
            {
                "id": "formbricks:clx1:csat",
                "at": "2026-03-02T09:15:03.696Z",
                "channel": "web",
                "indicator": "csat",
                "score": 2,
                "scale": "1-5",
                "customer": "u-4711",
                "country": "FR",
                "stage": "pay",
                "lang": "fr",
            }
        ],
    ),
    Webhook(
        kind="delighted",
        settings={"topics": {"billing": "billing"}},
        body=delighted("nps", 3),
        events=[{**DELIGHTED_COMMON, "topic": "billing", "indicator": "nps", "score": 3, "scale": "0-10"}],
    ),
    Webhook(
        kind="delighted",
        title="thumbs",
        body=delighted("thumbs", 1),
        events=[{**DELIGHTED_COMMON, "indicator": "csat", "score": "yes", "scale": "yes-no"}],
    ),
    Webhook(
        kind="asknicely",
        body={
            "count": 2,
            "person": {"id": "163012", "segment": "general", "created": "1772000000"},
            "question": {
                "id": "345094",
                "score": "3",
                "comment": "slow",
                "responded": "1772442900",
                "deliverymethod": "email",
                "survey_template": "Default",
                "segment": "general",
            },
        },
        events=[
            {
                "id": "asknicely:345094",
                "at": "2026-03-02T09:15:00Z",
                "channel": "email",
                "indicator": "nps",
                "score": 3,
                "scale": "0-10",
                "customer": "163012",
                "segment": "general",
                "comment": "slow",
            }
        ],
    ),
    Webhook(
        kind="segment",
        body=SEGMENT,
        events=[
            {
                "id": "segment:ajs-1",
                "at": "2026-03-02T09:15:00.120Z",
                "channel": "web",
                "indicator": "csat",
                "score": 2,
                "scale": "1-5",
                "customer": "u-4711",
                "topic": "billing",
                "comment": "slow",
            }
        ],
    ),
    Webhook(
        kind="helpscout",
        body={
            "id": 12,
            "ticketId": 7,
            "rating": "Okay",
            "comments": "slow",
            "createdAt": "2026-03-02T09:15:00Z",
            "customer": {"id": 5},
        },
        events=[
            {
                "id": "helpscout:rating:12",
                "at": "2026-03-02T09:15:00Z",
                "channel": "email",
                "indicator": "csat",
                "score": "no",
                "scale": "yes-no",
                "customer": "5",
                "interaction": "7",
                "comment": "slow",
            }
        ],
    ),
    Webhook(
        kind="helpscout",
        title="nps",
        body={"id": 13, "value": "9", "category": "passive", "createdAt": "2026-03-02T09:15:00Z"},
        events=[
            {
                "id": "helpscout:survey:13",
                "at": "2026-03-02T09:15:00Z",
                "channel": "email",
                "indicator": "nps",
                "score": 9,
                "scale": "0-10",
            }
        ],
    ),
    Webhook(
        kind="events",
        body=[OWN, {**OWN, "id": "o-2", "customer": None}],
        events=[OWN, {**OWN, "id": "o-2", "customer": None}],
    ),
    Webhook(
        kind="cloudevents",
        title="structured",
        headers={"Content-Type": "application/cloudevents+json"},
        body={
            "specversion": "1.0",
            "id": "a-1",
            "source": "/crm/eu",
            "type": "com.example.cx.feedback",
            "time": "2026-03-02T09:15:00Z",
            "data": {"channel": "phone", "indicator": "csat", "score": 2, "scale": "1-5"},
        },
        events=[
            {
                "channel": "phone",
                "indicator": "csat",
                "score": 2,
                "scale": "1-5",
                "id": "/crm/eu/a-1",
                "at": "2026-03-02T09:15:00Z",
            }
        ],
    ),
    Webhook(
        kind="cloudevents",
        title="binary",
        headers={"ce-specversion": "1.0", "ce-id": "a-1", "ce-source": "/crm", "ce-type": "x"},
        body=OWN,
        events=[OWN],
    ),
]
"""At least one of every kind."""
