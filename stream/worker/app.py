"""The worker: everything put together, from connecting to leaving.

The web server comes first, so that a worker which waits for its broker can say so.  Then the topics are
looked at, since the number of partitions is part of the plan; then Faust joins the group.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

from alerts.delivery.notices.ack_links import AckLinks
from alerts.rules import Rulebook
from stream.files.rule_files import load
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.kafka.connecting import persistently
from stream.kafka.offsets import TP, OffsetTracker
from stream.kafka.outbox import Outbox
from stream.kafka.reader import Reader
from stream.messages.topic_names import ALERTS, DELIVERIES
from stream.monitoring.metrics import Metrics
from stream.monitoring.server import serve
from stream.monitoring.verdicts import VerdictCollector
from stream.transport.faust_app import FAMILIES, Agents, build, consumer_options
from stream.transport.joining import refusal
from stream.transport.link import GroupOffsets, Link
from stream.worker.canary import canary_ports, keep_flying
from stream.worker.commit_watch import CommitWatch
from stream.worker.ending import Ending, WorkerEnd
from stream.worker.feeds.notifier import BATCHES_IN_WORK as ALERT_BATCHES_IN_WORK
from stream.worker.feeds.notifier import DeliveryTopic, Notifier
from stream.worker.fetch_watch import FetchWatch, told_of
from stream.worker.group_watch import GroupWatch
from stream.worker.kept_rules import RulesInForce
from stream.worker.memory import MemoryTrim, collect_rarely
from stream.worker.rules_reload import RulesWatch
from stream.worker.rules_trial import try_rules
from stream.worker.sending_watch import SendingWatch
from stream.worker.settings import WorkerSettings
from stream.worker.supervising import Duty, supervise
from stream.worker.tasks.assignment import Assignment, AssignmentPorts
from stream.worker.tasks.context import TaskContext
from stream.worker.tasks.intake_processor import IntakeProcessor
from stream.worker.tasks.judge_processor import JudgeProcessor
from stream.worker.tasks.task_specs import fingerprint, intake_spec, judge_spec
from stream.worker.topic_checks import TopicLayout, await_topics, watch_topics
from stream.worker.trimming import Trimmer
from stream.worker.watchdog import Watchdog
from stream.worker.web.alert_api import AlertApi, AlertDesk
from stream.worker.web.worker_pages import WorkerPages

log = logging.getLogger(__name__)

BATCHES_IN_WORK: Final = 2
"""Per partition of inputs and tallies: enough to hide the time that Kafka takes to acknowledge one.  More are
no faster, and of refused records, whose dead letters are megabytes, they are memory."""
LEAVE_S: Final = 30.0
"""How long leaving in good order may take."""


class Worker:
    """One process; what web server and metrics look at."""

    def __init__(
        self, settings: WorkerSettings, rules: RulesInForce, on_failing: Callable[[], None] = lambda: None
    ) -> None:
        """`on_failing` is called when the worker is about to end without good order."""
        self._end = WorkerEnd(on_failing)
        self._settings = settings
        rulebook, read = rules.rulebook, load
        if settings.dry_run:
            rulebook, read = rulebook.without_receivers(), lambda path: load(path).without_receivers()
        self._rulebook = rulebook
        self._metrics = Metrics(rulebook)
        self._slots = OffsetTracker(
            lambda topic: ALERT_BATCHES_IN_WORK if topic == ALERTS else BATCHES_IN_WORK
        )
        self._options = settings.kafka.client_options()
        self._outbox = Outbox(self._options, settings.kafka.topics)
        self._notifier = self._new_notifier(rulebook)
        self._assignment: Assignment | None = None
        self._duty: Duty | None = None
        self._rules: RulesWatch | None = None
        if settings.rules:
            told = self._metrics
            self._rules = RulesWatch(settings.rules, rulebook, told, self._try, read, rules.seen)
        self._reason = "no broker has let us in yet, the log says why"

    def intakes(self) -> list[Intake]:
        """The intakes that this worker has now."""
        if self._assignment is None:
            return []
        return [processor.intake for processor in self._assignment.processors(IntakeProcessor)]

    def judges(self) -> list[Judge]:
        """The judges that this worker has now."""
        if self._assignment is None:
            return []
        return [processor.judge for processor in self._assignment.processors(JudgeProcessor)]

    def lag_records(self) -> Mapping[tuple[str, int], int]:
        """Records not yet finished, where that is known."""
        return self._assignment.progress.lag_records() if self._assignment else {}

    def held_records(self) -> Mapping[tuple[str, int], int]:
        """Records that open transactions keep from being read, where that is known."""
        return self._assignment.progress.held_records() if self._assignment else {}

    def ready(self) -> str | None:
        """None when the worker has its partitions and their state, else what it waits for."""
        if self._assignment is None or self._duty is None:
            return self._reason
        return self._duty.group.refused or self._assignment.waits_for or self._duty.why_not_ready()

    def unowned_partitions(self) -> int:
        """Partitions of the group that no worker has, as far as is known."""
        return 0 if self._duty is None else len(self._duty.group.unowned | self._duty.group.unread)

    def look_at_rules(self) -> None:
        """Read the rules file again, changed or not."""
        if self._rules is not None:
            self._rules.look()

    def end(self, ending: Ending) -> None:
        """End in good order."""
        self._end.end(ending)

    def fail(self, reason: BaseException) -> None:
        """End at once; nothing is lost, what is not committed is done again."""
        self._end.fail(reason)

    async def run(self, on_listening: Callable[[str, int], None]) -> Ending:
        """Work until told to end, once; `on_listening` gets the web server's address.

        Raises:
            OperatorError: topics are missing or do not fit, or the port is taken.
            Exception: whatever `fail` was told.
        """
        settings = self._settings
        async with AsyncExitStack() as stack:
            self._metrics.watch(self)
            self._metrics.registry.register(VerdictCollector(self._notifier))
            pages = WorkerPages(self._rulebook, settings.kafka, self._api(), self.ready)
            stack.push_async_callback(pages.close)
            web = await serve(settings.host, settings.port, self._metrics, self, pages.answer)
            stack.push_async_callback(web.close)
            on_listening(settings.host, web.port)
            self._background(stack, self._watch_rules())
            self._background(stack, MemoryTrim().follow())
            layout = await self._end.before_it(await_topics(settings.kafka, settings.group))
            if layout is not None:
                self._reason = "the broker has answered, connecting"
                self._outbox.keep_to(dict.fromkeys((ALERTS, DELIVERIES), layout.alerts))
                await self._work(stack, Plan(self._rulebook, layout.partitions), layout)
            await self._end.reached()
        return await self._end.reached()  # what it was told while it was leaving counts as well

    def _try(self, rulebook: Rulebook) -> None:
        """Make of other rules what a start with them would; raises what goes wrong."""
        try_rules(rulebook)
        self._new_notifier(rulebook)

    def _new_notifier(self, rulebook: Rulebook) -> Notifier:
        settings, metrics = self._settings, self._metrics
        log_topic = DeliveryTopic(self._outbox, self._options, metrics.unreadable, settings.kafka.topics)
        return Notifier(rulebook, log_topic, metrics.deliveries, self.fail, settings.command_keys)

    def _api(self) -> AlertApi:
        """Alerts over HTTP, and links to it in notices."""
        settings, notifier = self._settings, self._notifier
        links = AckLinks(settings.public_url, settings.token.encode())
        notifier.link_with(links)
        return AlertApi(
            AlertDesk(
                alerts=notifier.alerts,
                muting=notifier.muting,
                say=notifier.say,
                heard=notifier.hears,
                token=settings.token,
                links=links,
            )
        )

    async def _work(self, stack: AsyncExitStack, plan: Plan, layout: TopicLayout) -> None:
        """Join the group, and work until told to end; a failure ends it without good order."""
        settings = self._settings
        stack.push_async_callback(self._outbox.stop)
        stack.push_async_callback(self._notifier.close)
        self._notifier.relay.judges = plan.partitions
        if await self._end.before_it(self._connect()) is None:
            return
        offsets = GroupOffsets()
        assignment = self._assignment = self._new_assignment(plan, layout, offsets)
        link = self._link(plan, layout, assignment)
        agents = Agents(assignment.take, assignment.take, self._notifier.take)
        app = build(settings.group, settings.kafka.brokers, link, agents)
        offsets.ask(app.consumer)
        everything = [
            TP(topic, p) for each, count in link.families.items() for topic in each for p in range(count)
        ]
        group = GroupWatch(everything, app.consumer.rejoin, partial(refusal, app.consumer))
        assignment.start()
        stack.push_async_callback(assignment.stop)
        fetch = FetchWatch(assignment.progress.heard_s, partial(told_of, self._reader))
        commits, sending = CommitWatch(self._slots), SendingWatch(self._outbox.why_waiting)
        duty = self._duty = Duty(
            assignment=assignment, slots=self._slots, group=group, fetch=fetch, commits=commits,
            sending=sending,
        )  # fmt: skip
        self._background(stack, supervise(app, self.fail, duty, Watchdog(settings.watchdog_s)))
        self._background(stack, fetch.follow())
        own = self._slots.assigned
        self._background(stack, group.follow(settings.kafka, settings.group, lambda: len(own())))
        self._background(stack, watch_topics(settings.kafka, settings.group, plan.partitions, group.added))
        if (heartbeat := self._rulebook.heartbeat) is not None and heartbeat.canary:
            landed = self._metrics.deliveries.canary
            ports = canary_ports(self._outbox, self.judges, self._notifier.send, landed)
            self._background(stack, keep_flying(heartbeat, ports))
        starting = asyncio.create_task(app.start())
        starting.add_done_callback(self._started)
        await self._end.reached()
        async with asyncio.timeout(LEAVE_S):
            await app.stop()

    async def _connect(self) -> bool:
        """Connect all but the group; True when that is done."""
        await persistently(self._outbox.start, self._outbox.stop)
        await self._notifier.start()
        return True

    def _link(self, plan: Plan, layout: TopicLayout, owner: Assignment) -> Link:
        """What the transport needs to know of this worker."""
        settings, topics = self._settings, self._settings.kafka.topics
        return Link(
            consumer_options=consumer_options(settings.kafka, settings.session_timeout_s),
            made_for=fingerprint(plan),
            families={
                tuple(map(topics.of, each)): layout.alerts if ALERTS in each else layout.partitions
                for each in FAMILIES
            },
            topics=topics,
            slots=self._slots,
            owner=owner,
        )

    def _reader(self, tps: Sequence[TP]) -> Reader:
        """A client for one job."""
        return Reader(self._options, tps, self._settings.kafka.topics)

    def _started(self, starting: asyncio.Task[None]) -> None:
        if starting.cancelled():
            return
        if (error := starting.exception()) is not None:
            self.fail(error)
            return
        collect_rarely()

    async def _watch_rules(self) -> None:
        """Start again with the file's rules when they have changed."""
        if self._rules is not None:
            await self._rules.changed()
            log.info("rules have changed: leaving, to start again with them")
            self.end(Ending.RELOAD)

    def _background(self, stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
        """Run until the worker ends; an error ends it."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._started)
        stack.callback(task.cancel)

    def _new_assignment(self, plan: Plan, layout: TopicLayout, offsets: GroupOffsets) -> Assignment:
        group, metrics, trimming = self._settings.group, self._metrics, self._settings.trim_snapshots
        around = TaskContext(
            outbox=self._outbox, reading=self._reader, fail=self.fail, missing=metrics.inputs.missing,
            unreadable=metrics.unreadable, strict=trimming, topics=self._settings.kafka.topics,
        )  # fmt: skip
        of = plan, group, metrics, layout.limits
        specs = intake_spec(*of), judge_spec(*of)
        tick_s = min(2.0, max(1.0, plan.rulebook.timing.pane_ms / 5000))
        ports = AssignmentPorts(
            committed=offsets.committed,
            positions=offsets.positions,
            own=self._notifier.own,
            forget=self._notifier.forget,
            trim=Trimmer(self._options).trim if trimming else None,
            open_alerts=self._notifier.open_alerts if trimming else None,
        )
        return Assignment(specs, around, self._slots, ports, tick_s)
