"""Names of a group's own topics."""

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import SettingsError
from stream.cli import tocsin
from stream.kafka.settings import parse_topics
from stream.messages.topic_names import OWN, GroupTopics

PREFIXES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True)


@given(PREFIXES, st.sampled_from([*sorted(OWN), "cx.interactions", "cx.feedback", "trial-judge-snapshots"]))
def test_names_come_back(prefix: str, topic: str) -> None:
    """Own topics have the prefix, others keep their names, and both are known again."""
    names = GroupTopics(prefix)
    assert names.of(topic).startswith(prefix) or topic not in OWN
    assert names.known_as(names.of(topic)) == topic


def test_the_usual_prefix_changes_nothing() -> None:
    """Whoever has one group sees the names that the documents have."""
    assert {GroupTopics().of(topic) for topic in OWN} == OWN
    assert parse_topics("cx.") == GroupTopics()


@pytest.mark.parametrize("prefix", ["", ".x", "a b", "é", "x" * 101, "a/"])
def test_what_cannot_begin_a_name(prefix: str) -> None:
    """Kafka takes no other characters."""
    with pytest.raises(SettingsError, match="--topics: want a prefix"):
        parse_topics(prefix)


@pytest.mark.parametrize("command", ["worker", "topics", "doctor"])
@pytest.mark.parametrize("group", ["", "a/b", "a b", "x" * 101])
def test_a_group_that_cannot_name_its_snapshots_is_refused_at_once(command: str, group: str) -> None:
    """Before anything is asked of a broker, which would refuse the topics only."""
    done = CliRunner().invoke(tocsin, [command, "--broker", "127.0.0.1:1", "--group", group])
    assert isinstance(done.exception, SettingsError)
    assert str(done.exception).startswith("--group: want a name of 1 to 100 letters")
