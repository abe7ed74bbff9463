"""The tabs between the pages of a room, each only for those who may go there."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gis_server.roles import Permission, may

register = template.Library()


@dataclass(frozen=True, slots=True)
class Tab:
    """route: the name of the first page of a part.  permissions: one of them is enough.  group: of
    a room with many parts, which of them belong together; a group leads to its first part.
    """

    route: str
    text: str | Promise
    permissions: tuple[Permission, ...]
    group: str | Promise = ""


LEAD = (Permission.LEAD_REPAIRS,)
EVENT_RULES = (Permission.EDIT_EVENT_RULES,)
UNSEEN, DUTIES = (
    pgettext_lazy("patrols", "Where nobody has been"),
    pgettext_lazy("patrols", "Duties"),
)
OUTSIDE, SET_UP = pgettext_lazy("patrols", "On the ground"), pgettext_lazy("patrols", "Set-up")
# Routes are names: this file imports no app.
ROOMS: dict[str, tuple[Tab, ...]] = {
    "events": (
        Tab("event-desk", _("Event desk"), (Permission.SEE_EVENTS,)),
        Tab("video-rounds", _("Video rounds"), (Permission.DO_ROUNDS,)),
        Tab("event-figures", _("Figures"), (Permission.SEE_EVENT_FIGURES,)),
        Tab("briefings", _("Briefings"), (Permission.SEE_EVENT_FIGURES,)),
        Tab("event-catalogue", _("Catalogue of events"), EVENT_RULES),
        Tab("event-deadlines", _("Deadlines of events"), EVENT_RULES),
        Tab("calendar", _("Working days"), (Permission.EDIT_CALENDAR,)),
        Tab("event-departments", _("Departments"), EVENT_RULES),
    ),
    "patrols": (
        Tab("coverage", _("Coverage"), (Permission.SEE_COVERAGE,), UNSEEN),
        Tab("dark-and-unseen", _("Dark and unseen"), (Permission.SEE_COVERAGE,), UNSEEN),
        Tab("roster", _("Roster"), (Permission.SEE_PATROLS,), DUTIES),
        Tab("patrol-posts", _("Posts"), (Permission.SEE_PATROLS,), DUTIES),
        Tab("patrol-members", _("People on duty"), (Permission.SEE_PATROLS,), DUTIES),
        Tab("control-levels", _("Control levels"), (Permission.SEE_CONTROL,), DUTIES),
        Tab("errands", _("Errands"), (Permission.SEE_PATROLS,), OUTSIDE),
        Tab("checkpoints", _("Checkpoints"), (Permission.SEE_PATROLS,), OUTSIDE),
        Tab("patrol-disputes", _("Disputed tracks"), (Permission.SEE_PATROLS,), OUTSIDE),
        Tab("my-track", _("My track"), (Permission.DO_PATROLS,), OUTSIDE),
        Tab("patrol-shifts", _("Shifts"), (Permission.EDIT_PATROL_RULES,), SET_UP),
        Tab("required-visits", _("Visits needed"), (Permission.EDIT_PATROL_RULES,), SET_UP),
        Tab(
            "patrol-devices",
            pgettext_lazy("patrols", "Devices"),
            (Permission.PLAN_DUTIES,),
            SET_UP,
        ),
        Tab("patrol-points", _("Points of volunteers"), (Permission.ADMINISTER,), SET_UP),
    ),
    "repairs": (
        Tab("offline-list", _("Offline list"), (Permission.SEE_CAMERAS,)),
        Tab("repair-orders", _("Repair orders"), (Permission.SEE_CAMERAS,)),
        Tab("repair-mine", _("My orders"), (Permission.DO_REPAIRS,)),
        Tab("work-list", _("Planned work"), (Permission.PLAN_WORK, Permission.REVIEW_WORK)),
        Tab("handover", _("Hand-over"), (Permission.HAND_OVER,)),
        Tab("repair-teams", _("Teams"), LEAD),
        Tab("repair-routing", _("Who repairs what"), LEAD),
        Tab("repair-times", _("Deadlines"), LEAD),
    ),
    "rates": (
        Tab("rates", _("Rates"), (Permission.SEE_RATES,)),
        Tab("rate-patterns", _("Patterns"), (Permission.SEE_RATES,)),
        Tab("reports", _("Monthly reports"), (Permission.SEE_RATES,)),
    ),
}


@register.inclusion_tag("gis_server/tabs.html", takes_context=True)
def tabs(context: dict[str, Any]) -> dict[str, Any]:
    """The tabs of the room that the page is `here` in; none where that has none.  Of a room whose
    parts are grouped the groups, and the parts of the page's own.
    """
    request, role = context["request"], context["user"].role
    shown = [
        (reverse(tab.route), tab)
        for tab in ROOMS.get(context.get("here", ""), ())
        if any(may(role, permission) for permission in tab.permissions)
    ]
    # The longest address that the page's begins with: parts lie below one another.
    current = max(
        (address for address, _tab in shown if request.path.startswith(address)),
        key=len,
        default="",
    )
    own = next((tab.group for address, tab in shown if address == current), "")
    firsts: dict[str, str] = {}
    for address, tab in shown:
        firsts.setdefault(str(tab.group), address)
    return {
        "groups": [(address, name) for name, address in firsts.items()] if len(firsts) > 1 else [],
        "group": firsts.get(str(own), ""),
        "tabs": [(address, tab.text) for address, tab in shown if not own or tab.group == own],
        "current": current,
    }
