"""Joining the group when that is refused: the client tries again only when somebody has asked why.

A refusal that is no passing one (a consumer of other software in the group, an ACL that is not there yet)
waits in the client until the next fetch.  A worker without partitions fetches nothing, so it would wait for
ever, also when the group is free again.
"""

from typing import Any

from aiokafka.errors import KafkaError


async def refusal(consumer: Any) -> KafkaError | None:
    """Why the last try to join was refused, if it was and nobody has been told; the next try begins.

    Raises:
        KafkaError: the client has given up.
    """
    thread = consumer._thread  # noqa: SLF001  # Faust offers no other way
    if thread._consumer is None:  # noqa: SLF001
        return None
    found: KafkaError | None = await thread.call_thread(_asked, thread._consumer._coordinator)  # noqa: SLF001
    return found


async def _asked(coordinator: Any | None) -> KafkaError | None:
    if coordinator is None:  # the client has not connected yet
        return None
    try:
        coordinator.check_errors()
    except KafkaError as error:
        if coordinator._coordination_task.done():  # noqa: SLF001
            raise
        return error
    return None
