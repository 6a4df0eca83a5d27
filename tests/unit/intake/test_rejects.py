"""Diagnosis: every reason for refusing a record, with a sentence that says where and what."""

import json
from typing import Any, cast

import pytest

from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.decode import decode_feedback, decode_interactions
from stream.intake.decoding.limits import MAX_BYTES
from stream.intake.decoding.rejects import mended
from stream.messages.events import ID_CHARS, Interaction
from stream.messages.outcomes import Reason, Reject
from stream.messages.records import FileRecord, Record, Stream
from tests.event_builders import START_S, answer, contact, record

HOUR_MS = 3_600_000


def refused(of: Record, stream: Stream = Stream.INTERACTIONS) -> Reject:
    """The one reject of a record that must be refused."""
    if stream is Stream.INTERACTIONS:
        decoded: Any = decode_interactions([of], HOUR_MS)
    else:
        decoded = decode_feedback([of], HOUR_MS, ScaleLevels({}))
    assert not decoded.events
    assert len(decoded.at_ms) == len(decoded.column) == 0
    found: list[Reject] = decoded.rejects
    assert len(found) == 1
    return found[0]


VALUES = (
    (None, Reason.NULL_VALUE, "value: want a JSON object, got a null value"),
    (b" " * (MAX_BYTES + 1), Reason.TOO_LARGE, "value: want at most 1048576 bytes, got 1048577"),
    (b'{"id":"\xff"}', Reason.BAD_ENCODING, "value: want UTF-8, got byte 7 wrong"),
    (b"", Reason.NOT_JSON, "value: want JSON, but"),
    (b"{", Reason.NOT_JSON, "value: want JSON, but"),
    (b'{"at": NaN}', Reason.NOT_JSON, "value: want JSON, but"),
    (b'{"at": 1e999}', Reason.BAD_VALUE, "value: want numbers up to 1.8e+308"),
    (b'{"id": "\\ud8"}', Reason.NOT_JSON, "value: want JSON, but"),
    (b"[" * 100_000, Reason.NOT_JSON, "value: want JSON, but"),
    (b'{"x":' * 5000, Reason.NOT_JSON, "value: want JSON, but"),
    (b"null", Reason.NOT_OBJECT, "value: want a JSON object, got null"),
    (b"[1]", Reason.NOT_OBJECT, "value: want a JSON object, got an array"),
    (b'"text"', Reason.NOT_OBJECT, "value: want a JSON object, got a string"),
    (b"1.5", Reason.NOT_OBJECT, "value: want a JSON object, got a number"),
    (b"true", Reason.NOT_OBJECT, "value: want a JSON object, got a boolean"),
)


@pytest.mark.parametrize(("value", "reason", "detail"), VALUES)
def test_what_is_no_json_object_is_refused(value: bytes | None, reason: Reason, detail: str) -> None:
    """Nothing, too much, no UTF-8, no JSON, no object: on both streams alike."""
    for stream in Stream:
        reject = refused(FileRecord(7, value), stream)
        assert (reject.offset, reject.reason) == (7, reason)
        assert reject.detail.startswith(detail)


LONG = "x" * (ID_CHARS + 1)
FIELDS = (
    ({"id": None}, Reason.MISSING_FIELD, "id: want a value, got null"),
    ({"id": 5}, Reason.BAD_TYPE, "id: want a string, got a number"),
    ({"id": ""}, Reason.BAD_VALUE, "id: want 1 to 128 characters, got none"),
    ({"id": " \u00a0 "}, Reason.BAD_VALUE, "id: want 1 to 128 characters, got blanks alone"),
    ({"id": LONG}, Reason.ID_TOO_LONG, "id: want 1 to 128 characters, got 129"),
    ({"at": None}, Reason.MISSING_FIELD, "at: want a value, got null"),
    ({"at": True}, Reason.BAD_TYPE, "at: want RFC 3339 text or Unix seconds, got a boolean"),
    ({"at": []}, Reason.BAD_TYPE, "at: want RFC 3339 text or Unix seconds, got an array"),
    ({"at": "2027-01-15"}, Reason.BAD_TIME, "at: want RFC 3339 with an offset or Unix seconds, got neither"),
    ({"at": 1e300}, Reason.BAD_TIME, "at: want RFC 3339 with an offset or Unix seconds, got neither"),
    ({"at": "9999-12-31T23:59:59-12:00"}, Reason.BAD_TIME, "at: want RFC 3339"),
    ({"at": 0}, Reason.TOO_EARLY, "at: want 1990 or later, got an earlier time"),
    ({"at": "1989-12-31T23:59:59Z"}, Reason.TOO_EARLY, "at: want 1990 or later, got an earlier time"),
    ({"channel": None}, Reason.MISSING_FIELD, "channel: want a value, got null"),
    ({"channel": 3}, Reason.BAD_TYPE, "channel: want a string, got a number"),
    ({"channel": ""}, Reason.BAD_VALUE, "channel: want a name, got an empty string"),
    ({"channel": "\u00a0 "}, Reason.BAD_VALUE, "channel: want a name, got blanks alone"),
    ({"channel": "\u200b\ufeff"}, Reason.BAD_VALUE, "channel: want a name, got blanks alone"),
    ({"customer": 12}, Reason.BAD_TYPE, "customer: want a string, got a number"),
    *(
        ({name: {}}, Reason.BAD_TYPE, f"{name}: want a string, got an object")
        for name in ("topic", "stage", "segment", "team", "product", "country", "variant")
    ),
)
CONTACT_FIELDS = (
    *FIELDS,
    ({"case": 1}, Reason.BAD_TYPE, "case: want a string, got a number"),
    (
        {"event": "gone"},
        Reason.BAD_VALUE,
        "event: want one of contact, transferred, resolved, reopened, abandoned",
    ),
    ({"event": 1}, Reason.BAD_TYPE, "event: want a string, got a number"),
    (
        {"outcome": "x" * 99},
        Reason.BAD_VALUE,
        "outcome: want one of resolved, unresolved, transferred, abandoned",
    ),
    ({"wait_s": -0.5}, Reason.BAD_VALUE, "wait_s: want 0 or more, got a negative number"),
    ({"wait_s": "5"}, Reason.BAD_TYPE, "wait_s: want a number, got a string"),
    ({"handle_s": True}, Reason.BAD_TYPE, "handle_s: want a number, got a boolean"),
    ({"opened_at": []}, Reason.BAD_TYPE, "opened_at: want RFC 3339 text or Unix seconds, got an array"),
    ({"opened_at": "noon"}, Reason.BAD_TIME, "opened_at: want RFC 3339 with an offset or Unix seconds"),
    ({"within_target": 1}, Reason.BAD_TYPE, "within_target: want true or false, got a number"),
)
ANSWER_FIELDS = (
    *FIELDS,
    ({"indicator": None}, Reason.MISSING_FIELD, "indicator: want a value, got null"),
    ({"indicator": 1}, Reason.BAD_TYPE, "indicator: want a string, got a number"),
    (
        {"indicator": "joy"},
        Reason.UNKNOWN_INDICATOR,
        'indicator: want one of csat, ces, nps, sentiment, got "joy"',
    ),
    ({"score": None}, Reason.MISSING_FIELD, "score: want a value, got null"),
    ({"score": []}, Reason.BAD_TYPE, "score: want a number or an answer's text, got an array"),
    ({"score": 6}, Reason.SCORE_OFF_SCALE, "score: want a level of 1-5 (1 to 5), got 6"),
    ({"score": 4.5}, Reason.SCORE_OFF_SCALE, "score: want a level of 1-5 (1 to 5), got 4.5"),
    ({"score": True}, Reason.SCORE_OFF_SCALE, "score: want a level of 1-5 (1 to 5), or words in English"),
    ({"score": "secret"}, Reason.SCORE_OFF_SCALE, "score: want a level of 1-5 (1 to 5), or words in English"),
    ({"scale": "1-8"}, Reason.BAD_SCALE, "scale: want one of 1-5, 1-7, 1-10, 0-10, yes-no, 1-3, "),
    ({"scale": "neg-neu-pos"}, Reason.BAD_SCALE, "scale: want one of 1-5, 1-7, 1-10, 0-10, yes-no, 1-3, "),
    ({"scale": 5}, Reason.BAD_TYPE, "scale: want a string, got a number"),
    ({"interaction": 5}, Reason.BAD_TYPE, "interaction: want a string, got a number"),
    ({"interaction_at": "noon"}, Reason.BAD_TIME, "interaction_at: want RFC 3339"),
    (
        {"interaction_at": {}},
        Reason.BAD_TYPE,
        "interaction_at: want RFC 3339 text or Unix seconds, got an object",
    ),
    ({"comment": 1}, Reason.BAD_TYPE, "comment: want a string, got a number"),
    ({"lang": 1}, Reason.BAD_TYPE, "lang: want a string, got a number"),
    ({"reach": "many"}, Reason.BAD_TYPE, "reach: want a number, got a string"),
    ({"score": 10**400}, Reason.BAD_VALUE, "score: want numbers up to 1.8e+308, got a larger one"),
    ({"at": -(10**400)}, Reason.BAD_VALUE, "at: want numbers up to 1.8e+308, got a larger one"),
    (
        {"score": 5.000000000000001},
        Reason.SCORE_OFF_SCALE,
        "score: want a level of 1-5 (1 to 5), got 5.000000000000001",
    ),
    ({"consent": "yes"}, Reason.BAD_TYPE, "consent: want true or false, got a string"),
)


@pytest.mark.parametrize(("fields", "reason", "detail"), CONTACT_FIELDS)
def test_an_interaction_with_a_wrong_field_is_refused(
    fields: dict[str, Any], reason: Reason, detail: str
) -> None:
    """The detail says which field, what was wanted and what was found."""
    reject = refused(record(contact(**fields), 3))
    assert (reject.offset, reject.reason) == (3, reason)
    assert reject.detail.startswith(detail)


@pytest.mark.parametrize(("fields", "reason", "detail"), ANSWER_FIELDS)
def test_feedback_with_a_wrong_field_is_refused(fields: dict[str, Any], reason: Reason, detail: str) -> None:
    """As for interactions; the score must fit the scale, and the scale the indicator."""
    reject = refused(record(answer(**fields), 3), Stream.FEEDBACK)
    assert (reject.offset, reject.reason) == (3, reason)
    assert reject.detail.startswith(detail)
    assert "secret" not in reject.detail


@pytest.mark.parametrize("name", ["id", "at", "channel"])
def test_a_field_that_is_not_there_is_missing(name: str) -> None:
    """A required field that is absent is told apart from one that is null."""
    event = contact()
    del event[name]
    assert refused(record(event)).detail == f"{name}: want a value, got nothing"


PRIVATE = (
    "jane.doe@example.com",
    "+44 20 7946 0018",
    "Jane Doe",
    "Ren\u00e9e",
    "4111111111111111",
    "the_man_who_called_about_his_card",
    "\x1b]0;title\x07",
)


@pytest.mark.parametrize("text", PRIVATE)
@pytest.mark.parametrize("name", ["event", "outcome", "indicator"])
def test_only_what_may_be_a_mistyped_keyword_is_quoted(name: str, text: str) -> None:
    """A column too far left puts addresses and names where keywords belong; a detail is read by many."""
    if name == "indicator":
        reject = refused(record(answer(indicator=text)), Stream.FEEDBACK)
    else:
        reject = refused(record(contact(**cast("dict[str, Any]", {name: text}))))
    assert text not in reject.detail
    assert reject.detail.startswith(f"{name}: want one of ")
    assert reject.detail.endswith(f", got a text of {len(text)} characters")


@pytest.mark.parametrize("typo", ["abandonned", "Resolved", "first_contact", "x" * 20])
def test_a_mistyped_keyword_is_quoted(typo: str) -> None:
    """The sentence shows what the producer wrote."""
    assert refused(record(contact(outcome=typo))).detail.endswith(f'abandoned, got "{typo}"')


def test_every_reason_is_given_for_something() -> None:
    """The closed list holds no reason that nothing is refused for."""
    tables = (*VALUES, *CONTACT_FIELDS, *ANSWER_FIELDS)
    assert {reason for _, reason, _ in tables} == set(Reason) - {
        Reason.FUTURE,
        Reason.INTERNAL,
        Reason.UNMAPPABLE,
    }


def test_an_event_far_past_its_record_is_from_the_future() -> None:
    """One wrong clock must not make everyone else late."""
    stamp = START_S * 1000
    late = record(contact(at_s=3600.001), timestamp=stamp)
    assert refused(late).reason is Reason.FUTURE
    assert refused(late).detail == "at: want at most 3600 s past the record's timestamp, got 3600 s"
    fine = [
        record(contact(at_s=3600), timestamp=stamp),
        record(contact(at_s=9e6)),
        record(contact(), timestamp=-1),
    ]
    assert not decode_interactions(fine, HOUR_MS).rejects


def test_the_future_is_judged_record_by_record() -> None:
    """Records with and without timestamps may stand in one batch."""
    both = [record(contact(at_s=9e6), 0), record(contact(at_s=9e6), 1, timestamp=START_S * 1000)]
    decoded = decode_interactions(both, HOUR_MS)
    assert [reject.offset for reject in decoded.rejects] == [1]
    assert len(decoded.events) == 1


def test_cloudevents_headers_fill_what_is_absent() -> None:
    """`ce_id` and `ce_time` stand in for `id` and `at`, and for nothing that is there."""
    headers = (("ce_id", b"h1"), ("ce_time", b"2027-01-15T08:00:00Z"), ("ce_type", b"x"), ("ce_id", b"h2"))
    bare = FileRecord(0, b'{"channel": "phone"}', headers=headers)
    decoded = decode_interactions([bare], HOUR_MS)
    assert [event.id for event in decoded.events] == ["h1"]
    assert decoded.at_ms.tolist() == [START_S * 1000]
    full = FileRecord(0, json.dumps(contact(at_s=1)).encode(), headers=headers)
    decoded = decode_interactions([full], HOUR_MS)
    assert [event.id for event in decoded.events] == ["i1"]
    assert decoded.at_ms.tolist() == [START_S * 1000 + 1000]


def test_headers_are_judged_as_fields_are() -> None:
    """A header that is no good is refused by the field that it fills."""
    long = FileRecord(0, b'{"at": 1800000000, "channel": "phone"}', headers=(("ce_id", b"x" * 200),))
    assert refused(long).reason is Reason.ID_TOO_LONG
    odd = FileRecord(0, b'{"id": "a", "channel": "phone"}', headers=(("ce_time", b"noon"),))
    assert refused(odd).reason is Reason.BAD_TIME


def test_a_header_that_is_no_text_is_no_id() -> None:
    """Two of them would have become one id, and the second event a duplicate of the first."""
    odd = FileRecord(0, b'{"at": 1800000000, "channel": "phone"}', headers=(("ce_id", b"a\xff"),))
    assert (refused(odd).reason, refused(odd).detail) == (
        Reason.BAD_ENCODING,
        "ce_id: want UTF-8, got byte 1 wrong",
    )


def test_yes_and_no_may_be_booleans() -> None:
    """A boolean is an answer on a yes-no scale, and on no other."""
    both = [record(answer(score=value, scale="yes-no")) for value in (True, False)]
    decoded = decode_feedback(both, HOUR_MS, ScaleLevels({}))
    assert decoded.column[0] - decoded.column[1] == 1
    assert not decoded.rejects


def test_unknown_fields_are_ignored() -> None:
    """Senders may say more than is read."""
    assert isinstance(
        mended(record(contact(colour="red", nested={"a": [1]})), Stream.INTERACTIONS), Interaction
    )


def test_nulls_are_as_good_as_nothing_where_a_field_is_optional() -> None:
    """Senders may write what they do not know as null."""
    names = ("event", "customer", "case", "topic", "outcome", "opened_at", "wait_s", "within_target")
    event = {**contact(), **dict.fromkeys(names)}
    assert not decode_interactions([record(event)], HOUR_MS).rejects


def test_one_bad_record_harms_no_other() -> None:
    """Rejects carry their own offsets, and the others keep their order."""
    values = [contact(1), b"junk", contact(2), None, contact(3, at=0), contact(4), contact(5, opened_at="x")]
    decoded = decode_interactions([record(value, offset) for offset, value in enumerate(values, 10)], HOUR_MS)
    assert [event.id for event in decoded.events] == ["i1", "i2", "i4"]
    assert [(each.offset, each.reason.value) for each in decoded.rejects] == [
        (11, "not_json"), (13, "null_value"), (14, "too_early"), (16, "bad_time"),
    ]  # fmt: skip


def test_the_prefix_of_a_schema_registry_is_known() -> None:
    """JSON behind it is read, whatever number its schema has; anything else is called by its name."""
    value = record(contact()).value or b""
    for schema in (b"\0\0\0\x07", b"\0\0\0\xff"):
        assert mended(FileRecord(0, b"\0" + schema + value), Stream.INTERACTIONS) == mended(
            record(contact()), Stream.INTERACTIONS
        )
    reject = refused(FileRecord(0, b"\0\0\0\0\x07\x02\x10avro"))
    assert reject.reason is Reason.NOT_JSON
    assert "looks like Confluent's wire format" in reject.detail


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("1772442900", "neither (digits in quotation marks"),
        ("2026-03-02T09:15:00", "neither (a time without its offset"),
        ("2026-03-02 09:15", "neither (a time without its offset"),
        ("2026-03-02T09:15Z", "neither (seconds, then Z or an offset"),  # Java, of a whole minute
        ("2026-03-02 09:15:00+00", "neither (seconds, then Z or an offset"),  # Postgres
        ("2026-03-02T09:15:00+01:00[Europe/Paris]", "neither (seconds, then Z or an offset"),
        ("2026-02-29T09:15:00Z", "neither (no such day"),
        ("2026-03-02", "neither (a day without a time)"),
        (1772442900123456, "neither (microseconds or nanoseconds?"),
        (1772442900123456789, "neither (microseconds or nanoseconds?"),
        ("2026-02-30T09:15:00Z", "neither"),
        ("c-4711", "neither"),
    ],
)
def test_what_is_no_time_is_told_by_its_kind(at: object, said: str) -> None:
    """Never by what it says."""
    for field in ("at", "opened_at"):
        (reject,) = decode_interactions([record({**contact(), field: at})], HOUR_MS).rejects
        assert reject.reason is Reason.BAD_TIME
        assert reject.detail.startswith(f"{field}: want RFC 3339 with an offset or Unix seconds, got {said}")
        assert str(at) not in reject.detail


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (rb"so slow \ud83d", "so slow \ufffd"),
        (rb"\uDE00 \ud83d\ude00", "\ufffd \U0001f600"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d\n", "\\\ufffd\n"),
    ],
)
def test_a_text_that_was_cut_within_a_letter_loses_the_half_alone(text: bytes, read: str) -> None:
    """Programs of browsers cut comments so; the answer beside it is as good as any."""
    value = json.dumps(contact(customer="@", note="@")).encode().replace(b"@", text)
    event = mended(FileRecord(0, value), Stream.INTERACTIONS)
    assert event.customer == read
    assert not decode_interactions([FileRecord(0, value)], HOUR_MS).rejects


def test_a_byte_order_mark_is_none_of_the_event() -> None:
    """Some writers cannot but begin with one."""
    value = b"\xef\xbb\xbf" + (record(contact()).value or b"")
    assert mended(FileRecord(0, value), Stream.INTERACTIONS) == mended(record(contact()), Stream.INTERACTIONS)


def test_a_number_that_is_too_large_is_json_all_the_same() -> None:
    """By its grammar; only no number of ours."""
    value = json.dumps(contact(wait_s=5)).encode().replace(b": 5", b": 1e400")
    reject = refused(FileRecord(0, value))
    assert (reject.reason, reject.detail) == (
        Reason.BAD_VALUE,
        "value: want numbers up to 1.8e+308, got a larger one",
    )
