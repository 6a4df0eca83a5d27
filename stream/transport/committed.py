"""Asking what is committed, when the broker does not tell.

One that does not coordinate the group, or no more, answers without any partition, and with an error beside
them that aiokafka 0.14 does not look at: it takes the answer for "nothing was ever committed", and reads all
input from its beginning.  That happens when a coordinator moves in the midst of a rebalance.
"""

from typing import Any, Final

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest

MOVED: Final = (NotCoordinatorForGroupError, GroupCoordinatorNotAvailableError)
"""Another one must be looked for."""


def heed_refusals(coordinator: Any) -> None:
    """Let a consumer's coordinator raise the error of such an answer; it tries again where that may help."""
    send = coordinator._send_req  # noqa: SLF001  # aiokafka offers no other way

    async def ask(request: Any) -> Any:
        answer = await send(request)
        if isinstance(request, OffsetFetchRequest) and (code := getattr(answer, "error_code", 0)):
            raise _refusal(coordinator, for_code(code))
        return answer

    coordinator._send_req = ask  # noqa: SLF001


def _refusal(coordinator: Any, kind: type[Exception]) -> Exception:
    if kind in MOVED:
        coordinator.coordinator_dead()
    return kind(coordinator.group_id) if kind is GroupAuthorizationFailedError else kind()
