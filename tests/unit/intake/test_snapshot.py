"""Saved intakes: a snapshot under another plan keeps what still has a meaning."""

from stream.columnar.packing import pack, unpack
from stream.intake.intake import Intake
from stream.intake.snapshot import Saved
from stream.messages.records import Stream
from tests.builders import plan_of
from tests.event_builders import START_S, Counts, answer, by_cell, contact, ended, told

BY_CHANNEL = "rules:\n  - {name: a, indicator: csat, by: [channel], explain: [], window: 10m, critical: 50}\n"
BY_STAGE = (
    "rules:\n  - {name: a, indicator: csat, by: [stage, team], explain: [], window: 10m, critical: 50}\n"
)
LONG_PANES = "timing: {pane: 1m}\n" + BY_CHANNEL
MATCH_ANY = "indicators: {fcr: {match: any}}\n" + BY_CHANNEL
SATISFIED = "indicators: {csat: {}, fcr: {satisfied: require}}\n" + BY_CHANNEL

CONTACTS = [contact(1, 0, topic="a", stage="use"), contact(2, 5, topic="a"), contact(3, 40, topic="a")]


def moved(before: str, after: str) -> Intake:
    """An intake with three contacts and an answer, carried over to another plan."""
    first = Intake(plan_of(before), 0)
    told(first, Stream.INTERACTIONS, CONTACTS)
    told(first, Stream.FEEDBACK, [answer(1, 0, stage="use"), answer(2, 5)])
    return Intake.restore(plan_of(after), 0, first.snapshot())


def scopes(found: Counts, grouping: str) -> set[tuple[str, ...]]:
    """The scopes of a grouping that something was counted in."""
    return {key[4] for key in found if key[3] == grouping}


def test_the_inputs_go_on_where_they_stood() -> None:
    """Offsets, clocks and closed panes are those of the snapshot."""
    intake = moved(BY_CHANNEL, BY_STAGE)
    assert (intake.next_offset(Stream.INTERACTIONS), intake.next_offset(Stream.FEEDBACK)) == (3, 2)
    assert intake.watermark_ms(Stream.INTERACTIONS) == (START_S + 30) * 1000
    assert intake.entries()["ids"] == 5


def test_dimensions_are_mapped_by_name() -> None:
    """Those that stay keep their values, new ones are "" in what was counted before."""
    assert scopes(ended(moved(BY_STAGE, BY_STAGE)), "stage,team|stage,team") == {("", ""), ("use", "")}
    assert scopes(ended(moved(BY_CHANNEL, BY_STAGE)), "stage,team|stage,team") == {("", "")}
    assert scopes(ended(moved(BY_STAGE, BY_CHANNEL)), "channel|channel") == {("phone",)}


def test_nothing_is_lost_when_panes_change_their_length() -> None:
    """What was open is counted in the pane that now covers it, and closes with it."""
    for before, after in ((BY_CHANNEL, LONG_PANES), (LONG_PANES, BY_CHANNEL)):
        straight = Intake(plan_of(before), 0)
        told(straight, Stream.INTERACTIONS, CONTACTS)
        told(straight, Stream.FEEDBACK, [answer(1, 0), answer(2, 5)])
        found = ended(moved(before, after))
        assert by_cell(found) == by_cell(ended(straight))
        length_s = 60 if "1m" in after else 10
        assert all(abs(key[2] * length_s - START_S) < 120 for key in found)


def test_history_goes_on_only_under_the_same_match() -> None:
    """Contacts that are matched by something else now begin anew."""
    later = [contact(9, 600, topic="a")]
    for after, expected in ((BY_CHANNEL, 1), (MATCH_ANY, 0)):
        intake = moved(BY_CHANNEL, after)
        told(intake, Stream.INTERACTIONS, [contact(8, 300, customer="zoe")])
        sums = by_cell(told(intake, Stream.INTERACTIONS, [*later, contact(10, 900, customer="tom")]))
        assert sums["fcr.resolved"] == 2 - expected
        assert sums.get("fcr.failed", 0) == expected


def test_pairs_begin_when_they_are_asked_for() -> None:
    """A snapshot from before has none; one with them may be read without."""
    intake = moved(BY_CHANNEL, SATISFIED)
    assert intake.entries()["pairs"] == 0
    back = Intake.restore(plan_of(BY_CHANNEL), 0, intake.snapshot())
    assert "pairs" not in back.entries()


def test_cells_are_known_by_name() -> None:
    """A snapshot of a version that numbered cells otherwise is read by their names."""
    first = Intake(plan_of(BY_CHANNEL), 0)
    told(first, Stream.INTERACTIONS, CONTACTS)
    told(first, Stream.FEEDBACK, [answer(1, 0), answer(2, 5)])
    saved, tables = unpack(first.snapshot(), Saved)
    saved.cells = {number + 7: "gone" if name == "contacts" else name for number, name in saved.cells.items()}
    for name in ("open.interactions", "open.feedback"):
        tables[name]["cell"] += 7
    sums = by_cell(ended(Intake.restore(plan_of(BY_CHANNEL), 0, pack(saved, tables))))
    assert "contacts" not in sums
    assert (sums["csat/1-5/5"], sums["fcr.failed"]) == (2, 1)


def test_unused_combinations_are_forgotten() -> None:
    """Numbers of combinations that nothing refers to any more are given up, and nothing else changes."""
    plan = plan_of(BY_STAGE)
    forgetful, straight = Intake(plan, 0, most_combos=4), Intake(plan, 0)
    contacts = [
        contact(number, number, customer=f"c{number % 7}", stage=f"s{number}", event=event)
        for number, event in enumerate(["contact", "contact", "transferred", "contact"] * 20)
    ]
    for event in contacts:
        assert told(forgetful, Stream.INTERACTIONS, [event]) == told(straight, Stream.INTERACTIONS, [event])
    answers = [answer(number, number, stage=f"x{number}", customer=None) for number in range(200)]
    found = told(forgetful, Stream.FEEDBACK, answers, 3)
    assert found == told(straight, Stream.FEEDBACK, answers)
    assert forgetful.entries()["combos"] < 120 < straight.entries()["combos"]
    assert ended(forgetful) == ended(straight)
