"""Records of cx.alerts, as the dispatcher is offered them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from alerts.delivery.notices.notice import NotATransition, Notice, notice

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A record that was written at `written_ms` (Unix time).

    `on_done` is called when every receiver that it concerns has it, or never will.
    """

    offset: int
    value: bytes | None
    written_ms: int
    on_done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class News:
    """A record that is a transition.

    `owed`: an end, of which nobody knows any more who has heard of the beginning.
    """

    notice: Notice
    record: AlertRecord
    owed: bool = False


def news_in(partition: int, record: AlertRecord) -> News | None:
    """What a record tells; None for what nobody is to be told of, or cannot be."""
    try:
        told = notice(record.value)
    except NotATransition as error:
        LOG.warning("not a transition on cx.alerts: partition=%d offset=%d: %s",
                    partition, record.offset, error)  # fmt: skip
        return None
    except Exception as error:  # noqa: BLE001  # our own fault: it must not keep others from being told
        LOG.error("cannot tell of a transition: partition=%d offset=%d error=%s",  # noqa: TRY400
                  partition, record.offset, type(error).__name__)  # fmt: skip
        return None
    return None if told is None else News(told, record)
