"""From a delivery to the message that its receiver gets, whatever the delivery is of."""

from alerts.delivery.ack_news import AckMessage, ack_message
from alerts.delivery.backlog import Delivery
from alerts.delivery.canary import CanaryLanding, canary_message
from alerts.delivery.grouping.group_message import GroupMessage
from alerts.delivery.heartbeat import Beat, beat_message
from alerts.delivery.notices.writer import Writer
from alerts.delivery.silence_watch import SilenceEnding, StillBroken, ending_message
from alerts.paging import Receiver
from alerts.receivers.message import ReceiverMessage


def message_of(writer: Writer, receiver: Receiver, delivery: Delivery) -> ReceiverMessage:
    """The message, written now."""
    if isinstance(delivery.message, GroupMessage):
        return writer.group(delivery.message, receiver)
    if isinstance(delivery.message, Beat):
        return beat_message(delivery, receiver.name)
    if isinstance(delivery.message, AckMessage):
        return ack_message(delivery.message, writer, receiver)
    if isinstance(delivery.message, CanaryLanding):
        return canary_message(delivery.message, delivery.notice.id, receiver.name)
    if isinstance(delivery.message, SilenceEnding):
        return ending_message(delivery.message, delivery.notice.id, receiver)
    if isinstance(delivery.message, StillBroken):
        return writer.still(delivery.notice, receiver)
    return writer.alone(delivery.notice, receiver)
