"""Sections made by hand for judges of two channels, and what comes of them."""

from collections.abc import Iterable, Sequence
from typing import Final

from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.judge.judge import Judge
from stream.messages.tallies import ScopeKey, TallyMessage
from tests.builders import Counted, section_of

RULES: Final = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}
rules:
  - {name: low, indicator: csat, by: [channel], window: 1m, critical: 70, confidence: 0, min_answers: 5,
     explain: []}
"""

PHONE: Final[ScopeKey] = ("channel|channel", ("phone",))
CHAT: Final[ScopeKey] = ("channel|channel", ("chat",))

Event = tuple[int, str, int, int, int]
"""Pane, channel, score, count, partition."""

MESSY: Final = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["phone", "chat", "mail"]),
        st.sampled_from([1, 5]),
        st.integers(1, 6),
        st.integers(0, 1),
    ),
    max_size=60,
)


def answers(pane: int, happy: int, unhappy: int, key: ScopeKey = PHONE) -> list[Counted]:
    """CSAT answers of 5 and of 1."""
    return [Counted(pane, key, "csat/1-5/5", happy), Counted(pane, key, "csat/1-5/1", unhappy)]


def both(through: int, counted: Iterable[Counted] = (), position: int | None = None) -> list[TallyMessage]:
    """The sections with which both sources of one partition close panes."""
    at = through if position is None else position
    return [
        section_of("interactions/0", through, position=at),
        section_of("feedback/0", through, counted, position=at),
    ]


def fed(judge: Judge, sections: Iterable[TallyMessage]) -> list[Transition]:
    """Everything that the judge tells of the sections."""
    return [told for section in sections for told in judge.feed(section, 0)]


def short(told: Sequence[Transition]) -> list[tuple[str, int, str, float | None]]:
    """State, seq, time and value of transitions."""
    return [(each.state, each.seq, each.at[-9:], each.value) for each in told]


def sections_of(events: Sequence[Event], step: int) -> list[list[TallyMessage]]:
    """Two partitions' worth of sections that close `step` panes at a time; one list per source."""
    found = []
    for source in range(4):
        kind, partition = ("feedback", source // 2) if source % 2 else ("interactions", source // 2)
        mine = [
            Counted(pane, ("channel|channel", (channel,)), f"csat/1-5/{score}", count)
            for pane, channel, score, count, where in events
            if kind == "feedback" and where == partition
        ]
        found.append(
            [
                section_of(
                    f"{kind}/{partition}",
                    through,
                    [each for each in mine if through - step < each.pane <= through],
                    position=through + 1,
                )
                for through in range(step - 1, 60, step)
            ]
        )
    return found
