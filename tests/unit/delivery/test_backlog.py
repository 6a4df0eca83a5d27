"""The notices that wait for one receiver: in order per alert, bounded."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.delivery.backlog import Backlog, Delivery
from alerts.delivery.notices.notice import Notice
from tests.post import NEWS

LIMIT = 6


def _delivery(alert: str, seq: int, partition: int = 0) -> Delivery:
    news = Notice(id=f"{alert}.{seq}", alert=alert, seq=seq, state="firing", labels={}, body=b"", news=NEWS)
    return Delivery(notice=news, partition=partition, written_s=0.0, finished=lambda: None)


def test_an_alert_waits_for_its_own_notices_only() -> None:
    """The second notice of an alert waits for the first; another alert does not."""
    backlog = Backlog(10)
    first, second, other = _delivery("a", 1), _delivery("a", 2), _delivery("b", 1)
    for each in (first, second, other):
        backlog.add(each)
    assert [backlog.take(0), backlog.take(0), backlog.take(0)] == [first, other, None]
    assert backlog.followed(first)
    assert not backlog.followed(other)
    backlog.settle(first)
    assert backlog.take(0) is second


def test_a_retry_waits_until_it_is_due() -> None:
    """What was put back comes again at its time, not before, and is still ahead of its successors."""
    backlog = Backlog(10)
    first = _delivery("a", 1)
    backlog.add(first)
    backlog.add(_delivery("a", 2))
    assert backlog.take(0) is first
    backlog.retry(first, 5.0)
    assert backlog.due_s() == 5.0
    assert backlog.take(4.9) is None
    assert backlog.take(5.0) is first


def test_what_was_put_off_is_looked_at_again_when_later_news_comes() -> None:
    """A notice that is held back may have become pointless; one that the receiver did not take waits on."""
    backlog = Backlog(10)
    unsent, sent = _delivery("a", 1), _delivery("b", 1)
    unsent.held = True
    for each in (unsent, sent):
        backlog.add(each)
        assert backlog.take(0) is each
        backlog.retry(each, 30.0)
    backlog.add(_delivery("a", 2))
    backlog.add(_delivery("b", 2))
    assert [backlog.take(0), backlog.take(0)] == [unsent, None]


def test_what_is_held_back_is_looked_at_again_on_demand() -> None:
    """Somebody has ended a silence: it need not wait for the next look."""
    backlog = Backlog(10)
    held, failed = _delivery("a", 1), _delivery("b", 1)
    for each in (held, failed):
        backlog.add(each)
        assert backlog.take(0) is each
        each.held = each is held
        backlog.retry(each, 30.0)
    backlog.look_again()
    assert (backlog.take(0), backlog.take(0), backlog.take(30.0)) == (held, None, failed)


def test_the_oldest_gives_way() -> None:
    """Beyond the limit the oldest that is not being sent is dropped."""
    backlog = Backlog(2)
    first, second, third = _delivery("a", 1), _delivery("b", 1), _delivery("c", 1)
    backlog.add(first)
    backlog.add(second)
    assert backlog.take(0) is first
    assert backlog.add(third) is second
    assert len(backlog) == 2


def test_forgetting_a_partition_leaves_the_others() -> None:
    """What was read from a partition that has moved is dropped, even while its first is being sent."""
    backlog = Backlog(10)
    mine, other = _delivery("a", 1, partition=1), _delivery("b", 1, partition=2)
    backlog.add(mine)
    backlog.add(_delivery("a", 2, partition=1))
    backlog.add(other)
    assert backlog.take(0) is mine
    backlog.forget(1)
    backlog.settle(mine)
    assert backlog.take(0) is other
    assert len(backlog) == 1


class Deliveries(RuleBasedStateMachine):
    """Any interleaving: nothing is lost, doubled, overtaken or taken twice."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog(LIMIT)
        self.now_s = 0.0
        self.seq = 0
        self.waiting: list[Delivery] = []
        self.taken: list[Delivery] = []

    @rule(alert=st.sampled_from("abc"), partition=st.just(0))
    def add(self, alert: str, partition: int) -> None:
        """A notice comes in; at most one gives way, and that one waits."""
        self.seq += 1
        delivery = _delivery(alert, self.seq, partition)
        self.waiting.append(delivery)
        shed = self.backlog.add(delivery)
        if shed is not None:
            assert shed not in self.taken
            self.waiting.remove(shed)

    @rule()
    def take(self) -> None:
        """What is taken is due and the first of its alert."""
        delivery = self.backlog.take(self.now_s)
        if delivery is None:
            return
        assert delivery.due_s <= self.now_s
        same = [each for each in self.waiting if each.notice.alert == delivery.notice.alert]
        assert delivery is same[0]
        assert delivery not in self.taken
        self.taken.append(delivery)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """One that was taken is done with."""
        delivery = data.draw(st.sampled_from(self.taken))
        self.taken.remove(delivery)
        self.waiting.remove(delivery)
        self.backlog.settle(delivery)

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), after_s=st.floats(0, 10))
    def retry(self, data: st.DataObject, after_s: float) -> None:
        """One that was taken is put back for later."""
        delivery = data.draw(st.sampled_from(self.taken))
        self.taken.remove(delivery)
        self.backlog.retry(delivery, self.now_s + after_s)

    @rule(step_s=st.floats(0, 20))
    def wait(self, step_s: float) -> None:
        """Time goes on."""
        self.now_s += step_s

    @invariant()
    def all_are_there(self) -> None:
        """The backlog holds what was added less what is done, and says when the next is due."""
        assert len(self.backlog) == len(self.waiting)
        assert len(self.backlog) <= max(LIMIT, len(self.taken) + 1)
        firsts = {each.notice.alert: each for each in reversed(self.waiting)}
        dues = [each.due_s for each in firsts.values() if each not in self.taken]
        assert self.backlog.due_s() == min(dues, default=None)


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)


def test_what_is_being_sent_does_not_give_way() -> None:
    """Its successor does, or nobody where all are being sent."""
    backlog = Backlog(1)
    first, second, other = _delivery("a", 1), _delivery("a", 2), _delivery("b", 1)
    backlog.add(first)
    assert backlog.take(0) is first
    assert backlog.add(second) is second
    assert backlog.add(other) is other
    wide = Backlog(0)
    assert wide.add(first) is first
    assert len(backlog) == 1
    assert len(wide) == 0


def test_an_alert_that_moved_keeps_what_was_read_elsewhere() -> None:
    """After a change of partitions one alert's notices may come from two; only those of one are dropped."""
    backlog = Backlog(10)
    old, new = _delivery("a", 1, partition=1), _delivery("a", 2, partition=2)
    backlog.add(old)
    backlog.add(new)
    backlog.forget(1)
    assert backlog.take(0) is new
    backlog.forget(3)
    assert len(backlog) == 1
    backlog.retry(old, 9.0)
    assert backlog.due_s() is None
