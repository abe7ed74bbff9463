"""Logins that a device has just refused.  Pure but for the claims it is told of.

All channels of a recorder may be claimed at one moment, with a login that it let in a minute ago.
When it is refused at the first of them, the others still hold the leave to send it: here the poller
hears of the refusal before it is written, so that no device hears one for each channel.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cameras.probe.result import LoginOutcome
from cameras.probe.target import Target
from cameras.services import Claim, Finding
from cameras.services.logins import Place

REMEMBERED = timedelta(minutes=2)
"""Longer than any claim is held; claims given later know of the refusal from the device's book."""


@dataclass(slots=True)
class Refusals:
    """What one poller has heard refused of late."""

    _heard: dict[Place, datetime] = field(default_factory=dict)

    def hear(self, finding: Finding) -> None:
        """Take note of what a question came to."""
        leave, said = finding.claim.leave, finding.verdict
        if leave and LoginOutcome.REFUSED in (said.login, said.onvif_login):
            self._heard[leave.place] = finding.at

    def target(self, claim: Claim, claimed_at: datetime) -> Target:
        """What to ask: the login stays at home where it was refused since it was claimed.  That
        condemns no camera: it waits, and is asked again once the device's book has been read.
        """
        leave, target = claim.leave, claim.target
        if not self._heard or leave is None or target.login is None:
            return target
        heard = self._heard.get(leave.place)
        if heard is None or heard < claimed_at:
            return target
        login = replace(target.login, may_try=False, may_try_onvif=False, waits=True)
        return replace(target, login=login)

    def forget(self, now: datetime) -> None:
        """Drop what no claim can be older than."""
        self._heard = {place: at for place, at in self._heard.items() if now - at < REMEMBERED}
