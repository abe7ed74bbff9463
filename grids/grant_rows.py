"""Lent areas as pages show them: names, states and the time that is left, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from gis_server.grant_flow import GrantState, lapses_at
from gis_server.models import AreaGrant
from grids.areas import paths_of

STATE_NAMES = {
    GrantState.WAITING: pgettext_lazy("area grant", "Waiting"),
    GrantState.GIVEN: pgettext_lazy("area grant", "Running"),
    GrantState.REFUSED: pgettext_lazy("area grant", "Refused"),
    GrantState.WITHDRAWN: pgettext_lazy("area grant", "Withdrawn"),
    GrantState.ENDED: pgettext_lazy("area grant", "Ended early"),
    GrantState.RUN_OUT: pgettext_lazy("area grant", "Run out"),
    GrantState.LAPSED: pgettext_lazy("area grant", "Not answered in time"),
}
# The page's badges; what is over has none of the marks.
BADGES = {GrantState.WAITING: "warn", GrantState.GIVEN: "good", GrantState.REFUSED: "bad"}


@dataclass(frozen=True)
class GrantRow:
    """One request or grant at one moment; `left` says how long it still waits or runs."""

    grant: AreaGrant
    area: str
    state: GrantState
    state_name: str
    badge: str
    left: str

    @property
    def waits(self) -> bool:
        return self.state is GrantState.WAITING

    @property
    def runs(self) -> bool:
        return self.state is GrantState.GIVEN


def rows_of(grants: list[AreaGrant], now: datetime) -> list[GrantRow]:
    """One query, for the names."""
    paths = paths_of(grant.prefix for grant in grants)
    return [_row(grant, paths[grant.prefix], now) for grant in grants]


def _row(grant: AreaGrant, area: str, now: datetime) -> GrantRow:
    state = grant.state_at(now)
    end = lapses_at(grant.asked_at) if state is GrantState.WAITING else grant.until
    open_until = end if state in (GrantState.WAITING, GrantState.GIVEN) else None
    return GrantRow(
        grant=grant,
        area=area,
        state=state,
        state_name=str(STATE_NAMES[state]),
        badge=BADGES.get(state, "off"),
        left=time_left(open_until - now) if open_until else "",
    )


def time_left(left: timedelta) -> str:
    """Hours and minutes, the started minute counted: nobody reads 0 min while something runs."""
    minutes = max(1, -(-int(left.total_seconds()) // 60))
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
