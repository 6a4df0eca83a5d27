# ruff: noqa: E501  # rows of exports are as long as they are
"""Shipped mappings: an export of each system, as its vendor writes it, becomes the right events."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from alerts.errors import SettingsError
from stream.cli.importing import command

QUALTRICS = """StartDate,EndDate,Status,Progress,Finished,RecordedDate,ResponseId,DistributionChannel,Q1,Q1_NPS_GROUP,Q2,Q3
Start Date,End Date,Response Type,Progress,Finished,Recorded Date,Response ID,Distribution Channel,"How likely
are you to recommend us?",How likely - Group,How was it?,Why?
"{""ImportId"":""startDate"",""timeZone"":""Europe/Paris""}","{""ImportId"":""endDate"",""timeZone"":""Europe/Paris""}",\
"{""ImportId"":""status""}","{""ImportId"":""progress""}","{""ImportId"":""finished""}",\
"{""ImportId"":""recordedDate"",""timeZone"":""Europe/Paris""}","{""ImportId"":""_recordId""}",\
"{""ImportId"":""distributionChannel""}","{""ImportId"":""QID1""}","{""ImportId"":""QID1_NPS_GROUP""}","{""ImportId"":""QID2""}","{""ImportId"":""QID3""}"
2026-03-02 09:14:02,2026-03-02 09:15:02,0,100,1,2026-03-02 09:15:03,R_1,email,3,1,Very satisfied,slow
2026-03-02 09:14:02,2026-03-02 09:16:02,1,100,1,2026-03-02 09:16:03,R_2,preview,9,3,2,
2026-03-02 09:14:02,2026-03-02 09:17:02,8,100,1,2026-03-02 09:17:03,R_3,email,9,3,2,
2026-03-02 09:14:02,2026-03-02 09:18:02,IP Address,40,False,2026-03-09 09:18:03,R_4,email,9,3,,
2026-03-02 09:14:02,2026-03-02 09:19:02,IP Address,100,True,2026-03-02 09:19:03,R_5,anonymous,10,3,-99,
""".replace("\\\n", "")
SURVEYMONKEY = """Respondent ID,Collector ID,Start Date,End Date,IP Address,Custom Data 1,How satisfied are you?,Why?
,,,,,,Response,Open-Ended Response
118012345678,400123456,03/02/2026 09:14:02 AM,03/02/2026 09:15:02 AM,203.0.113.7,35436,2,"slow, very"
118012345679,400123456,03/02/2026 01:14:02 PM,03/02/2026 01:15:02 PM,203.0.113.7,,5 - Very satisfied,
1.18E+11,400123456,03/02/2026 01:14:02 PM,03/02/2026 01:15:02 PM,203.0.113.7,,5,
"""
TYPEFORM = """#,How likely are you to recommend us?,Why?,Start Date (UTC),Submit Date (UTC),Network ID,Tags
a3a12,9,fast,2026-03-02 09:14:02,2026-03-02 09:15:02,n1,
b4b12,0,,2026-03-02 09:14:02,2026-03-02 09:16:02,n2,
"""
TICKETS = """Summation column,Id,Requester,Requester id,Group,Tags,Status,Priority,Via,Created at,Updated at,Solved at,Satisfaction Score
1,35436,P,20978392,Billing,vip topic_billing,Closed,High,Mail,2026-03-01 08:00,2026-03-03 10:00,2026-03-02 09:00,Bad
1,35437,Q,20978393,Billing,,Open,,Chat,2026-03-01 08:00,2026-03-01 08:10,,Offered
"""
TICKET = {
    "id": 35436, "created_at": "2026-03-01T07:00:00Z", "updated_at": "2026-03-03T09:00:00Z", "status": "closed",
    "via": {"channel": "email"}, "requester_id": 20978392, "group_id": 98738, "tags": ["vip", "topic_billing"],
    "satisfaction_rating": {"score": "bad"}, "metric_set": {"solved_at": "2026-03-02T08:00:00Z"},
}  # fmt: skip
RATINGS = {"satisfaction_ratings": [
    {"id": 1, "score": "good", "ticket_id": 7, "requester_id": 5, "updated_at": "2026-03-02T09:00:00Z",
     "created_at": "2026-03-01T09:00:00Z", "comment": "nice"},
    {"id": 2, "score": "bad", "ticket_id": 8, "requester_id": 6, "updated_at": "2026-03-02T09:05:00Z"},
    {"id": 3, "score": "offered", "ticket_id": 9, "requester_id": 6, "updated_at": "2026-03-02T09:06:00Z"},
], "next_page": None}  # fmt: skip
SURVEY = "[Guides-Surveys] "
AMPLITUDE = {
    "$insert_id": "5f0a", "uuid": "0b8f", "user_id": "u-4711", "device_id": "d", "platform": "iOS",
    "event_type": SURVEY + "Survey Submitted", "event_time": "2026-03-02 09:15:00.120000", "country": "France",
    "event_properties": {SURVEY + "Key": "12345", SURVEY + "Step ID": 2, SURVEY + "Is From Debug Mode": False,
                         SURVEY + "Variant ID": "b", SURVEY + "Survey Response Number": 2},
}  # fmt: skip
PLAY = """Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,\
Review Submit Millis Since Epoch,Review Last Update Date and Time,Review Last Update Millis Since Epoch,Star Rating,\
Review Title,Review Text,Developer Reply Date and Time,Developer Reply Millis Since Epoch,Developer Reply Text,Review Link
com.example,72,7.2.0,fr,pixel,2026-03-02T09:15:00Z,1772442900120,2026-03-02T09:15:00Z,1772442900120,1,,"Nul, « lent »",,,,\
http://play.google.com/console/developers/app/reviews?reviewId=gp%3AAOq1&corpus=PUBLIC_REVIEWS
com.example,72,7.2.0,fr,pixel,2026-03-02T09:16:00Z,1772442960120,2026-03-02T09:16:00Z,1772442960120,4,,,,,,
""".replace("\\\n", "")
CONNECT = {
    "ContactId": "15a5", "InitialContactId": None, "Channel": "VOICE", "InitiationMethod": "INBOUND",
    "InitiationTimestamp": "2026-03-02T09:10:00Z", "DisconnectTimestamp": "2026-03-02T09:15:00Z",
    "DisconnectReason": "CUSTOMER_DISCONNECT", "Queue": {"Name": "Billing", "Duration": 240}, "Agent": None,
    "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": "+33123456789"},
    "Attributes": {"csat": "2", "topic": "billing"},
}  # fmt: skip
INTERCOM = {"type": "conversation.list", "conversations": [{
    "id": "147", "created_at": 1772440000, "source": {"type": "email"}, "state": "closed",
    "statistics": {"last_close_at": 1772442000, "count_reopens": 1}, "tags": {"tags": [{"name": "topic_billing"}]},
    "conversation_rating": {"rating": 2, "remark": "slow", "created_at": 1772441000, "updated_at": 1772442940,
                            "contact": {"id": "5f"}},
}]}  # fmt: skip
DELIGHTED = [
    {
        "id": "47",
        "person": "42",
        "survey_type": "nps",
        "score": 0,
        "comment": "slow",
        "created_at": 1772442900,
    },
    {"id": "48", "person": {"id": "43"}, "survey_type": "csat", "score": 5, "created_at": 1772442960},
    {"id": "49", "person": {"id": "44"}, "survey_type": "thumbs", "score": 1, "created_at": 1772442961},
    {"id": "50", "person": {"id": "45"}, "survey_type": "nps", "score": None, "created_at": 1772442962},
]


def imported(
    tmp_path: Path, kind: str, content: bytes, *options: str
) -> tuple[list[dict[str, object]], Result]:
    """The events of an export."""
    (tmp_path / "export").write_bytes(content)
    result = CliRunner().invoke(command, [kind, str(tmp_path / "export"), *options], catch_exceptions=False)
    return [orjson.loads(line) for line in result.stdout.splitlines()], result


def fields(events: list[dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    """Some fields of each event."""
    return [tuple(event.get(name) for name in names) for event in events]


def test_qualtrics(tmp_path: Path) -> None:
    """Whole responses only; NPS known by its group, the zone by the header, words by the vocabulary."""
    events, result = imported(
        tmp_path, "qualtrics-csv", QUALTRICS.encode(), "--question", "Q2=csat/1-5", "--strict"
    )
    assert result.exit_code == 0
    assert fields(events, "id", "at", "channel", "indicator", "scale", "score") == [
        ("qualtrics:R_1:Q1", "2026-03-02T08:15:02Z", "email", "nps", "0-10", "3"),
        ("qualtrics:R_1:Q2", "2026-03-02T08:15:02Z", "email", "csat", "1-5", "Very satisfied"),
        ("qualtrics:R_5:Q1", "2026-03-02T08:19:02Z", "web", "nps", "0-10", "10"),
    ]


@pytest.mark.parametrize(("mark", "encoding"), [("\t", "utf-16"), (";", "utf-8-sig"), ("|", "utf-8")])
def test_qualtrics_is_read_whatever_parts_its_cells(tmp_path: Path, mark: str, encoding: str) -> None:
    """Its TSV is tab-separated UTF-16; a spreadsheet in Europe saves semicolons."""
    saved = io.StringIO()
    csv.writer(saved, delimiter=mark).writerows(csv.reader(io.StringIO(QUALTRICS)))
    options = ("--question", "Q2=csat/1-5", "--strict")
    events, _ = imported(tmp_path, "qualtrics-csv", QUALTRICS.encode(), *options)
    assert imported(tmp_path, "qualtrics-csv", saved.getvalue().encode(encoding), *options)[0] == events


@pytest.mark.parametrize("kind", ["qualtrics-csv", "surveymonkey-csv", "typeform-csv", "zendesk-tickets"])
@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_an_export_without_a_line_is_told_as_such(tmp_path: Path, kind: str, content: bytes) -> None:
    """As a schedule saves it that has found nothing."""
    with pytest.raises(SettingsError, match="want a header line that names the columns, got an empty file"):
        imported(tmp_path, kind, content)


def test_qualtrics_without_a_zone_asks_for_it(tmp_path: Path) -> None:
    """The header does not always name one, and UTC would be wrong by hours."""
    content = QUALTRICS.replace(',""timeZone"":""Europe/Paris""', "").encode()
    with pytest.raises(SettingsError, match="want rows that the mapping makes events of"):
        imported(tmp_path, "qualtrics-csv", content)
    events, _ = imported(tmp_path, "qualtrics-csv", content, "--time-zone", "America/Denver")
    assert events[0]["at"] == "2026-03-02T16:15:02Z"


def test_surveymonkey(tmp_path: Path) -> None:
    """Afternoons, labelled answers, and ids that Excel has spoiled."""
    question = ("--question", "How satisfied are you?=csat/1-5", "--time-zone", "America/New_York")
    events, result = imported(tmp_path, "surveymonkey-csv", SURVEYMONKEY.encode(), *question)
    assert fields(events, "id", "at", "score", "interaction") == [
        ("surveymonkey:118012345678:1", "2026-03-02T14:15:02Z", "2", "35436"),
        ("surveymonkey:118012345679:1", "2026-03-02T18:15:02Z", "5 - Very satisfied", None),
    ]
    assert 'want an id, got "1.18E+11", spoiled by a spreadsheet' in result.stderr
    with pytest.raises(SettingsError, match="want rows"):
        imported(tmp_path, "surveymonkey-csv", SURVEYMONKEY.encode(), *question[:2])


def test_typeform(tmp_path: Path) -> None:
    """Questions are columns; without a word on them the message lists them."""
    events, _ = imported(
        tmp_path, "typeform-csv", TYPEFORM.encode(), "--question", "How likely are you to recommend us?=nps"
    )
    assert fields(events, "id", "at", "indicator", "score") == [
        ("typeform:a3a12:1", "2026-03-02T09:15:02Z", "nps", "9"),
        ("typeform:b4b12:1", "2026-03-02T09:16:02Z", "nps", "0"),
    ]
    with pytest.raises(SettingsError, match=r'there are: "How likely are you to recommend us\?", "Why\?"'):
        imported(tmp_path, "typeform-csv", TYPEFORM.encode())
    with pytest.raises(SettingsError, match=r"--question: want COLUMN=INDICATOR\[/SCALE\], of csat/1-5"):
        imported(tmp_path, "typeform-csv", TYPEFORM.encode(), "--question", "Why?=nps/1-10")
    twice = ("--question", "Why?=nps", "--question", "Why?=csat/1-5")
    with pytest.raises(SettingsError, match=r'want each column once, got "Why\?" again'):
        imported(tmp_path, "typeform-csv", TYPEFORM.encode(), *twice)


TICKET_EVENTS = [
    ("zendesk:35436", "2026-03-01T07:00:00Z", "contact", None, None, "email", "billing"),
    (
        "zendesk:35436:solved",
        "2026-03-02T08:00:00Z",
        "resolved",
        None,
        "2026-03-01T07:00:00Z",
        "email",
        "billing",
    ),
    ("zendesk:35436:csat", "2026-03-03T09:00:00Z", None, "no", None, "email", "billing"),
]
TICKET_FIELDS = ("id", "at", "event", "score", "opened_at", "channel", "topic")


def test_zendesk_tickets(tmp_path: Path) -> None:
    """The CSV in the account's zone and the JSON tell the same; what was offered is no answer."""
    events, _ = imported(
        tmp_path, "zendesk-tickets", TICKETS.encode(), "--time-zone", "Europe/Paris", "--strict"
    )
    own = [event for event in events if event["case"] == "35436"]
    assert sorted(fields(own, *TICKET_FIELDS)) == sorted(TICKET_EVENTS)
    assert len(events) == 4
    for content in (json.dumps(TICKET), json.dumps({"tickets": [TICKET]}), json.dumps([TICKET], indent=1)):
        events, _ = imported(tmp_path, "zendesk-tickets", content.encode(), "--strict")
        assert fields(events, *TICKET_FIELDS) == TICKET_EVENTS


@pytest.mark.parametrize("bad", ["Bad with comment", "BadWithComment", "BAD", "bad_with_comment"])
def test_zendesk_ratings_of_tickets_in_all_spellings(tmp_path: Path, bad: str) -> None:
    """If only the good ones were understood, everybody would be satisfied; unknown words are told."""
    content = TICKETS.replace(",Bad\n", f",{bad}\n").replace("Offered", "Not Offered").encode()
    events, _ = imported(tmp_path, "zendesk-tickets", content, "--time-zone", "UTC", "--strict")
    assert [event["score"] for event in events if "score" in event] == ["no"]
    ticket = TICKET | {"satisfaction_rating": {"score": bad}}
    events, _ = imported(tmp_path, "zendesk-tickets", json.dumps(ticket).encode(), "--strict")
    assert [event["score"] for event in events if "score" in event] == ["no"]
    odd = TICKETS.replace(",Bad\n", ",Mittel\n").encode()
    _, result = imported(tmp_path, "zendesk-tickets", odd, "--time-zone", "UTC")
    assert "want one of good, bad" in result.stderr


def test_zendesk_tickets_that_are_none(tmp_path: Path) -> None:
    """Deleted ones, and those that were merged into another, are no contacts."""
    content = TICKETS.replace("Closed", "Deleted").replace(
        "Billing,,Open", "Billing,x closed_by_merge,Closed"
    )
    _, result = imported(
        tmp_path, "zendesk-tickets", f"{content}{TICKETS.splitlines()[1]}\n".encode(), "--time-zone", "UTC"
    )
    assert "3 rows: 3 events, 2 rows skipped" in result.stderr
    tickets = [TICKET | {"status": "deleted"}, TICKET | {"tags": ["closed_by_merge", "a"]}, TICKET]
    _, result = imported(tmp_path, "zendesk-tickets", json.dumps(tickets).encode())
    assert "3 rows: 3 events, 2 rows skipped" in result.stderr


def test_surveymonkey_dates_and_columns_without_an_answer(tmp_path: Path) -> None:
    """Newer exports write dates as ISO 8601 has them; N/A is a choice, and no answer."""
    content = SURVEYMONKEY.replace("03/02/2026 09:15:02 AM", "2026-03-02 09:15:02").replace(
        "5 - Very satisfied", "N/A"
    )
    question = ("--question", "How satisfied are you?=csat/1-5", "--time-zone", "America/New_York")
    events, result = imported(tmp_path, "surveymonkey-csv", content.encode(), *question)
    assert fields(events, "at", "score") == [("2026-03-02T14:15:02Z", "2")]
    assert "1 bad" in result.stderr  # the id that Excel has spoiled


def test_typeform_answers_that_were_not_submitted(tmp_path: Path) -> None:
    """Newer exports have those too, without a time."""
    lines = TYPEFORM.splitlines()
    kinds = ["Response Type", "completed", "partial"]
    content = "".join(f"{line},{kind}\n" for line, kind in zip(lines, kinds, strict=True))
    content = content.replace("2026-03-02 09:16:02", "")
    question = ("--question", "How likely are you to recommend us?=nps", "--strict")
    events, _ = imported(tmp_path, "typeform-csv", content.encode(), *question)
    assert fields(events, "id", "score") == [("typeform:a3a12:1", "9")]


def test_zendesk_ratings(tmp_path: Path) -> None:
    """Good and bad, by the time of the answer."""
    events, _ = imported(tmp_path, "zendesk-ratings", json.dumps(RATINGS).encode(), "--strict")
    assert fields(events, "id", "at", "score", "scale", "interaction") == [
        ("zendesk:rating:1", "2026-03-02T09:00:00Z", "yes", "yes-no", "7"),
        ("zendesk:rating:2", "2026-03-02T09:05:00Z", "no", "yes-no", "8"),
    ]


def test_amplitude_export(tmp_path: Path) -> None:
    """A zip of gzipped NDJSON; only answers, and only those whose survey is told."""
    debug = json.loads(json.dumps(AMPLITUDE))
    debug["event_properties"][SURVEY + "Is From Debug Mode"] = True
    other = {**AMPLITUDE, "event_type": SURVEY + "Survey Abandoned"}
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed:
        for hour, events in (("1", [AMPLITUDE, debug]), ("2", [other])):
            lines = "\n".join(json.dumps(event) for event in events).encode()
            packed.writestr(f"123/123_2026-03-02_{hour}#0.json.gz", gzip.compress(lines))
    found, result = imported(
        tmp_path, "amplitude-export", whole.getvalue(), "--question", "12345/2=csat/1-5", "--strict"
    )
    assert fields(found, "id", "at", "channel", "score", "scale", "customer", "variant") == [
        ("amplitude:5f0a", "2026-03-02T09:15:00.120Z", "ios", 2, "1-5", "u-4711", "b")
    ]
    assert "3 rows: 1 event, 2 rows skipped, 0 bad" in result.stderr


def test_google_play_reviews(tmp_path: Path) -> None:
    """UTF-16; stars are sentiment; the id is cut out of the link."""
    events, _ = imported(tmp_path, "google-play-reviews", PLAY.encode("utf-16"), "--strict")
    assert fields(events, "id", "at", "indicator", "score", "lang", "comment") == [
        ("gp%3AAOq1", "2026-03-02T09:15:00.120Z", "sentiment", "negative", "fr", "Nul, « lent »"),
        (
            "google-play:com.example:1772442960120",
            "2026-03-02T09:16:00.120Z",
            "sentiment",
            "positive",
            "fr",
            None,
        ),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_google_play_reviews_that_were_saved_anew(tmp_path: Path, encoding: str) -> None:
    """Whoever opens the UTF-16 of the console saves it as something else."""
    events, _ = imported(tmp_path, "google-play-reviews", PLAY.encode(encoding), "--strict")
    assert fields(events, "score", "comment") == [("negative", "Nul, « lent »"), ("positive", None)]


def test_amazon_connect_records(tmp_path: Path) -> None:
    """Objects without line breaks; abandoned in the queue, answered, transferred, and an answer asked for."""
    answered = {
        **CONNECT,
        "ContactId": "2",
        "Agent": {"Username": "a", "AgentInteractionDuration": 60},
        "Attributes": {},
    }
    moved = {**answered, "ContactId": "3", "InitialContactId": "2", "InitiationMethod": "TRANSFER"}
    out = {**answered, "ContactId": "4", "InitiationMethod": "OUTBOUND"}
    content = "".join(json.dumps(record) for record in (CONNECT, answered, moved, out)).encode()
    events, _ = imported(tmp_path, "amazon-connect-records", content, "--strict")
    assert fields(events, "id", "event", "case", "wait_s", "handle_s", "score") == [
        ("connect:15a5", "abandoned", "15a5", 240, None, None),
        ("connect:2", "contact", "2", 240, 60, None),
        ("connect:3", "transferred", "2", None, None, None),
        ("connect:15a5:csat", None, "15a5", None, None, "2"),
    ]
    assert "+33123456789" not in str(events)


def test_amazon_connect_chats_begin_by_api(tmp_path: Path) -> None:
    """A call by API is one that an application makes to a customer; chats, tasks and mails all begin by API."""
    agent = {"Username": "a", "ARN": "arn:a", "AgentInteractionDuration": 60}
    by_api = {**CONNECT, "InitiationMethod": "API", "Channel": "CHAT"}
    answered = {**by_api, "ContactId": "2", "Agent": agent, "Attributes": {}}
    unnamed = {**answered, "ContactId": "3", "Agent": {"Username": "a"}}
    call = {**answered, "ContactId": "4", "Channel": "VOICE", "Attributes": {"csat": "5"}}
    content = "".join(json.dumps(record) for record in (by_api, answered, unnamed, call)).encode()
    events, _ = imported(tmp_path, "amazon-connect-records", content, "--strict")
    assert fields(events, "id", "event", "channel", "score") == [
        ("connect:15a5", "abandoned", "chat", None),
        ("connect:2", "contact", "chat", None),
        ("connect:3", "contact", "chat", None),
        ("connect:15a5:csat", None, "chat", "2"),
    ]


def test_intercom_export(tmp_path: Path) -> None:
    """Ratings by when they were given, not when they were asked for."""
    events, _ = imported(tmp_path, "intercom-export", json.dumps(INTERCOM).encode(), "--strict")
    assert fields(events, "id", "at", "event", "score", "topic") == [
        ("intercom:147", "2026-03-02T08:26:40Z", "contact", None, "billing"),
        ("intercom:147:closed", "2026-03-02T09:00:00Z", "resolved", None, "billing"),
        ("intercom:147:rating", "2026-03-02T09:15:40Z", None, 2, "billing"),
    ]


@pytest.mark.parametrize(("state", "solved"), [("closed", 1), ("open", 0), ("snoozed", 0)])
def test_intercom_that_is_open_again_is_not_resolved(tmp_path: Path, state: str, solved: int) -> None:
    """Its last close stays in the statistics."""
    conversation = {
        "id": "1",
        "created_at": 1772440000,
        "state": state,
        "statistics": {"last_close_at": 1772442000},
    }
    events, _ = imported(
        tmp_path, "intercom-export", json.dumps({"conversations": [conversation]}).encode(), "--strict"
    )
    assert len([event for event in events if event.get("event") == "resolved"]) == solved


@pytest.mark.parametrize(
    ("status", "solved"), [("Solved", 1), ("Closed", 1), ("Open", 0), ("On-hold", 0), ("Pending", 0)]
)
def test_zendesk_ticket_that_is_open_again_is_not_resolved(tmp_path: Path, status: str, solved: int) -> None:
    """In the CSV and in JSON, which has it in small letters."""
    content = (
        f"Id,Status,Created at,Solved at,Via\n7,{status},2026-03-01 09:00,2026-03-01 10:00,Mail\n".encode()
    )
    ticket = {
        "id": 7,
        "status": status.lower(),
        "created_at": "2026-03-01T09:00:00Z",
        "metric_set": {"solved_at": "2026-03-01T10:00:00Z"},
    }
    for log in (content, json.dumps({"tickets": [ticket]}).encode()):
        events, _ = imported(tmp_path, "zendesk-tickets", log, "--time-zone", "UTC", "--strict")
        assert len([event for event in events if event.get("event") == "resolved"]) == solved


def test_delighted_export(tmp_path: Path) -> None:
    """The indicator by the type of survey; a response without a score is no answer."""
    events, _ = imported(tmp_path, "delighted-export", json.dumps(DELIGHTED).encode(), "--strict")
    assert fields(events, "id", "indicator", "scale", "score", "customer") == [
        ("delighted:47", "nps", "0-10", 0, "42"),
        ("delighted:48", "csat", "1-5", 5, "43"),
        ("delighted:49", "csat", "thumbs", 1, "44"),
    ]
