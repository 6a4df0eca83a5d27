"""Messages through a mapping: lookup tables, fanned out lists, what is passed over and what is a mistake."""

import pytest

from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.lookups import Entries
from stream.importing.importer import Importer
from stream.importing.mapping_file.reader import parse
from stream.importing.objects import Ignored, Translator
from stream.importing.rows.tables import blocks

SURVEY = parse(
    """
format: ndjson
want: [{column: type, present: true}]
each: answers
tables:
  surveys: {by: {text: "{survey}/{answers.q}"}, required: true}
  topics: {by: tags, entries: {t_bill: billing}}
  stages: {by: url, match: prefix, entries: {/pay: payment, /pay/card: card}}
skip: [{column: test, is: ["true"]}, {column: surveys, is: [ignore]}]
events:
  - when: [{column: answers.score, present: true}]
    fields:
      id: {text: "s:{id}:{answers.q}"}
      at: {time: at}
      channel: {column: device, fold: true, map: {PHONE: app}, default: web}
      score: {number: answers.score}
      customer: {any: [user, device_id]}
      topic: topics
      stage: stages
      comment: {column: answers.next.text, when: [{column: answers.next.kind, is: [text]}]}
""",
    "survey.yaml",
)
TABLES: dict[str, Entries] = {
    "surveys": {"s/1": {"indicator": "csat", "scale": "0-2", "team": "shop"}, "s/2": "ignore"}
}


def message(**others: object) -> dict[str, object]:
    """An answer that is not good."""
    return {
        "type": "answer",
        "survey": "s",
        "id": 9,
        "at": "2026-03-02T09:15:00Z",
        "device": "Phone",
        "device_id": "d-1",
        "tags": ["vip", "t_bill"],
        "url": "https://shop.example/pay/card?token=1",
        "answers": [{"q": 1, "score": 1}, {"q": 3, "kind": "text", "text": "slow"}],
        **others,
    }


def test_a_message_becomes_events() -> None:
    """Tables say what the message does not; two and three steps become yes or no."""
    made = Translator(SURVEY, TABLES).translate(message())
    assert made.events == [
        {
            "id": "s:9:1",
            "at": "2026-03-02T09:15:00Z",
            "channel": "app",
            "score": "no",
            "customer": "d-1",
            "topic": "billing",
            "stage": "card",
            "comment": "slow",
            "indicator": "csat",
            "scale": "yes-no",
            "team": "shop",
        }
    ]


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ({"test": True}, Ignored.SKIPPED),
        ({"answers": []}, Ignored.NO_EVENT),
        ({"answers": [{"q": 2, "score": 2}]}, Ignored.SKIPPED),
        ({"answers": [{"q": 1, "text": "no score"}]}, Ignored.NO_EVENT),
    ],
)
def test_some_messages_make_none(others: dict[str, object], why: Ignored) -> None:
    """And are no mistakes either."""
    made = Translator(SURVEY, TABLES).translate(message(**others))
    assert made.events == []
    assert set(made.ignored) == {why}


def test_unfinished_answers_wait() -> None:
    """Where only complete ones are wanted."""
    finished = (SURVEY.want[0], *parse(FINISHED, "f.yaml").skip)
    translate = Translator(SURVEY, TABLES, finished).translate
    assert translate(message(done=False)).ignored == [Ignored.UNFINISHED]
    assert len(translate(message(done=True)).events) == 1


FINISHED = """
skip: [{column: done, is: ["true"]}]
fields: {id: a, at: {time: b}, channel: c}
"""


@pytest.mark.parametrize(
    ("others", "fault"),
    [
        ({"type": None}, Fault.FOREIGN),
        ({"survey": "unknown"}, Fault.LOOKUP),
        ({"at": None}, Fault.MISSING),
        ({"at": "soon"}, Fault.TIME),
        ({"answers": [{"q": 1, "score": 4}]}, Fault.NUMBER),
    ],
)
def test_mistakes_have_a_reason(others: dict[str, object], fault: Fault) -> None:
    """A survey that the operator has not named is one: its answers are not passed over in silence."""
    with pytest.raises(RowError) as caught:
        Translator(SURVEY, TABLES).translate(message(**others))
    assert caught.value.fault is fault


def test_an_answer_needs_an_indicator() -> None:
    """Without one it would be taken for a contact."""
    with pytest.raises(RowError, match="indicator"):
        Translator(SURVEY, {"surveys": {"s/1": {"scale": "1-5"}}}).translate(message())


def test_files_go_the_same_way() -> None:
    """`tocsin import` fans out, looks up and steps as the gateway does."""
    import io  # noqa: PLC0415

    import orjson  # noqa: PLC0415

    text = parse(
        """
format: ndjson
each: answers
tables: {surveys: {by: answers.q, required: true, entries: {"1": {indicator: csat, scale: 0-2}}}}
fields:
  id: {text: "{id}:{answers.q}"}
  at: {time: at}
  channel: {constant: web}
  score: answers.score
""",
        "files.yaml",
    )
    log = io.BytesIO(orjson.dumps(message()))
    importer = Importer(text)
    ((line,),) = importer.lines(blocks(log, text.format, "log"))
    assert orjson.loads(line)["score"] == "no"
    assert importer.tale.bad == {Fault.LOOKUP: 1}
