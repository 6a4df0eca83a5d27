"""The two kinds of tasks, intake and judge, made from a plan."""

from collections import defaultdict
from typing import Final

import msgspec
import xxhash

from stream import __version__
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.kafka.snapshot_log import Snapshot
from stream.messages.topic_names import INPUTS, TALLIES, intake_snapshots, judge_snapshots
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.context import TaskSpec
from stream.worker.tasks.intake_processor import USUAL_LIMITS, IntakeProcessor, MessageLimits
from stream.worker.tasks.judge_processor import JudgeProcessor
from stream.worker.tasks.judge_wall import JudgeWall

INTAKE_SAVE_AFTER_S: Final = 60.0
INTAKE_SAVE_ON_LEAVING: Final = 25_000
"""Fewer are fed again sooner than a snapshot is written and read."""
JUDGE_SAVE_AFTER_S: Final = 20.0


def intake_spec(
    plan: Plan, group: str, metrics: Metrics, limits: MessageLimits = USUAL_LIMITS
) -> TaskSpec[IntakeProcessor]:
    """Intakes, fed by both inputs."""

    def fresh(partition: int) -> IntakeProcessor:
        return IntakeProcessor(Intake(plan, partition), metrics, limits)

    def restore(partition: int, snapshot: Snapshot) -> IntakeProcessor:
        return IntakeProcessor(Intake.restore(plan, partition, snapshot.parts), metrics, limits)

    metrics.reads([intake_snapshots(group)])
    return TaskSpec(
        name="intake",
        topics=INPUTS,
        snapshots=intake_snapshots(group),
        made_for=fingerprint(plan),
        partitions=plan.partitions,
        save_after_s=INTAKE_SAVE_AFTER_S,
        save_on_leaving=INTAKE_SAVE_ON_LEAVING,
        # Judges have closed those panes, and would pass over whatever came.
        repeats=False,
        fresh=fresh,
        restore=restore,
        chunk_bytes=limits.chunk_bytes,
    )


def judge_spec(
    plan: Plan, group: str, metrics: Metrics, limits: MessageLimits = USUAL_LIMITS
) -> TaskSpec[JudgeProcessor]:
    """Judges, fed by cx.tallies."""
    walls: defaultdict[int, JudgeWall] = defaultdict(JudgeWall)

    def fresh(shard: int) -> JudgeProcessor:
        return JudgeProcessor(Judge(plan, shard), metrics, 0, walls[shard], limits.letter_bytes)

    def restore(shard: int, snapshot: Snapshot) -> JudgeProcessor:
        judge, next_offset = Judge.restore(plan, shard, snapshot.parts), snapshot.manifest.next[TALLIES]
        return JudgeProcessor(judge, metrics, next_offset, walls[shard], limits.letter_bytes)

    metrics.reads([judge_snapshots(group)])
    return TaskSpec(
        name="judge",
        topics=(TALLIES,),
        snapshots=judge_snapshots(group),
        made_for=fingerprint(plan),
        partitions=plan.partitions,
        save_after_s=JUDGE_SAVE_AFTER_S,
        save_on_leaving=1,
        repeats=True,
        knows_alerts=True,
        fresh=fresh,
        restore=restore,
        chunk_bytes=limits.chunk_bytes,
    )


def fingerprint(plan: Plan) -> str:
    """Equal for equal rules, partitions and program; says nothing of receivers, which judge nothing."""
    rulebook = plan.rulebook
    judged = [
        __version__,
        plan.partitions,
        rulebook.rules,
        rulebook.indicators,
        rulebook.timing,
        rulebook.limits,
    ]
    return xxhash.xxh64_hexdigest(msgspec.json.encode(judged, order="deterministic", enc_hook=str))
