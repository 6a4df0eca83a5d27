"""The kinds of receivers, by their word in a rules file.  A new kind is a module and a line here."""

from collections.abc import Mapping
from typing import Final

from alerts.receivers.alertmanager import ALERTMANAGER_KIND
from alerts.receivers.apprise import APPRISE
from alerts.receivers.kind import ReceiverKind
from alerts.receivers.mail import EMAIL
from alerts.receivers.pagerduty import PAGERDUTY
from alerts.receivers.slack import SLACK
from alerts.receivers.teams import TEAMS
from alerts.receivers.webhook import WEBHOOK

KINDS: Final[Mapping[str, ReceiverKind]] = {
    "webhook": WEBHOOK,
    "alertmanager": ALERTMANAGER_KIND,
    "pagerduty": PAGERDUTY,
    "slack": SLACK,
    "teams": TEAMS,
    "email": EMAIL,
    "apprise": APPRISE,
}
