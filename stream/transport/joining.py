"""Taking part in the group when that is refused: the client tries again only when somebody has asked why.

A refusal that is no passing one (a consumer of other software in the group, an ACL that is not there yet, an
error that the client does not know) waits in the client until somebody asks, which Faust never does.  Until
then a worker joins no more, and when it was a heartbeat that was refused, it sends no other: the group gives
its partitions away, and it reads on.
"""

import asyncio
from typing import Any, Final

from aiokafka.errors import KafkaError

ASK_S: Final = 5.0
"""How long the client's thread may take; it waits for nobody."""


async def refusal(consumer: Any) -> KafkaError | None:
    """Why the group has refused this worker, if it has and nobody has been told; the next try begins.

    Raises:
        KafkaError: the client has given up.
    """
    thread = consumer._thread  # noqa: SLF001  # Faust offers no other way
    if thread._consumer is None or thread.thread_loop.is_closed():  # noqa: SLF001  # not yet, or it has ended
        return None
    # Not by Faust's queue of calls: a commit that is being tried again may keep it for as long as it likes.
    asking = asyncio.run_coroutine_threadsafe(_asked(thread._consumer._coordinator), thread.thread_loop)  # noqa: SLF001
    try:
        return await asyncio.wait_for(asyncio.wrap_future(asking), ASK_S)
    except TimeoutError:
        return None


async def _asked(coordinator: Any | None) -> KafkaError | None:
    if coordinator is None:  # the client has not connected yet
        return None
    try:
        coordinator.check_errors()
    except KafkaError as error:
        if coordinator._coordination_task.done():  # noqa: SLF001
            raise
        coordinator.request_rejoin()  # or the client would stumble over the same heartbeat again
        return error
    return None
