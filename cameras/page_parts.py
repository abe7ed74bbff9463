"""The cameras in a part of the territory, for the pages of `grids` and for boundary plans."""

from collections import Counter

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cameras.health import State
from cameras.models import Camera
from cameras.queries import cameras_of, state_of
from cameras.reasons_text import reason_name
from gis_server.models import User
from gis_server.roles import Permission
from grids.page_parts import Part, PartRow
from grids.plans.effects.counting import Figure, Source

BADGES = {State.ONLINE: "good", State.DEGRADED: "warn", State.OFFLINE: "bad", State.UNKNOWN: "off"}
SOURCE = Source(
    pgettext_lazy("one place", "Camera"), "cameras_camera", "place.name", "camera-page",
    {"cameras": "1"}, permission=Permission.SEE_CAMERAS,
)  # fmt: skip
FIGURE = Figure(gettext_lazy("Cameras"))
WORST_FIRST = (State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.ONLINE)


def cameras_below(user: User, prefix: str, limit: int) -> Part | None:
    """The worst first; None where there are none.  Two queries."""
    known = cameras_of(user).filter(Q(scope_code__gte=prefix, scope_code__lte=prefix + "9" * 19))
    state = Coalesce("state__state", Value(State.UNKNOWN.value))
    counts = Counter(known.values_list(state, flat=True))
    if not counts:
        return None
    order = Case(
        *(When(shown=one.value, then=Value(rank)) for rank, one in enumerate(WORST_FIRST)),
        output_field=IntegerField(),
    )
    rows = known.annotate(shown=state).select_related("state", "owner").order_by(order, "id")
    total = counts.total()
    return Part(
        title=_("Cameras"),
        total=total,
        summary=_summary(counts),
        rows=[_row(camera) for camera in rows[:limit]],
        url=reverse("camera-table"),
    )


def _summary(counts: Counter[str]) -> str:
    told = [
        f"{state_name(state)} {counts[state.value]}" for state in WORST_FIRST if counts[state.value]
    ]
    return " · ".join(told)


def state_name(state: State) -> str:
    names = {
        State.ONLINE: _("Online"),
        State.DEGRADED: _("Degraded"),
        State.OFFLINE: _("Offline"),
        State.UNKNOWN: _("Unknown"),
    }
    return names[state]


def _row(camera: Camera) -> PartRow:
    stored = state_of(camera)
    state = State(stored.state)
    return PartRow(
        name=camera.name,
        url=reverse("camera-page", args=[camera.pk]),
        state=state_name(state),
        badge=BADGES[state],
        detail="" if state is State.ONLINE else reason_name(stored.reason),
        point=(camera.point.x, camera.point.y),
    )
