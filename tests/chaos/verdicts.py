"""Compares what came out with what must; every difference is a sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.chaos.oracle import PANE_MS, Counts
from tests.chaos.receiver import Receiver
from tests.chaos.wire import Alerts

NOTIFIED = {"firing", "resolved", "stale"}


def tallies(got: Counts, want: Counts, until_ms: int) -> list[str]:
    """Counts per pane, channel and cell, exactly, for panes that end by `until_ms`."""
    last = until_ms // PANE_MS
    keys = {key for key in (*got, *want) if key[0] < last and not key[2].startswith("ttr.bucket")}
    wrong = sorted(key for key in keys if got[key] != want[key])
    return [f"pane {p} {channel} {cell}: want {want[p, channel, cell]}, got {got[p, channel, cell]}"
            for p, channel, cell in wrong]  # fmt: skip


def history(alerts: Alerts, backtest: Sequence[Mapping[str, Any]], until_ms: int) -> list[str]:
    """The alert history up to `until_ms` equals what backtest says of the same events."""
    live = {key: alert for key, alert in alerts.first.items() if _ms(alert["at"]) <= until_ms}
    file = {(a["id"], a["seq"]): a for a in backtest if _ms(a["at"]) <= until_ms}
    lines = [f"missing live: {_short(file[key])}" for key in sorted(file.keys() - live.keys())]
    lines += [f"only live: {_short(live[key])}" for key in sorted(live.keys() - file.keys())]
    lines += [f"differs: {_short(live[k])}: {_differences(live[k], file[k])}"
              for k in sorted(live.keys() & file.keys()) if live[k] != file[k]]  # fmt: skip
    return lines + [f"a repeat of {key} said something else" for key in alerts.contradictions]


def gaps(alerts: Alerts) -> list[str]:
    """Every episode's transitions are numbered from 1 without a hole."""
    by_id: dict[str, list[int]] = {}
    for identity, seq in alerts.first:
        by_id.setdefault(identity, []).append(seq)
    return [f"{identity}: has {sorted(seqs)}" for identity, seqs in by_id.items()
            if sorted(seqs) != list(range(1, len(seqs) + 1))]  # fmt: skip


def deliveries(alerts: Alerts, receiver: Receiver) -> list[str]:
    """Every notice came, each alert's in order, all of them signed."""
    want = {f"{i}.{seq}" for (i, seq), alert in alerts.first.items() if alert["state"] in NOTIFIED}
    lines = [f"never delivered: {identity}" for identity in sorted(want - receiver.requests.keys())]
    lines += [f"delivered, but never on cx.alerts: {i}" for i in sorted(receiver.requests.keys() - want)]
    lines += [f"{i}: out of order {seqs}" for i, seqs in receiver.order.items() if seqs != sorted(seqs)]
    return lines + ([f"{receiver.forged} requests with a wrong signature"] if receiver.forged else [])


def dead_letters(got: Counter[bytes], want: Counter[bytes]) -> list[str]:
    """Every bad record is there byte for byte, and nothing else; repeats after a crash are allowed."""
    lines = [f"not in dead letters: {value!r}" for value in want if got[value] < want[value]]
    return lines + [f"in dead letters by mistake: {value!r}" for value in got.keys() - want.keys()]


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def _short(alert: Mapping[str, Any]) -> str:
    said = (alert[name] for name in ("rule", "scope", "state", "severity", "seq", "at", "value", "n"))
    return " ".join(str(each) for each in said)


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name} {one[name]} or {other.get(name)}" for name in one if one[name] != other.get(name)
    )
