"""What the pages of cameras read; every function costs a fixed number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from cameras.gb28181 import DeviceId
from cameras.health import State
from cameras.models import Camera, Credential, OutageMember, Owner, Probe, Site, Team, Upstream
from cameras.probe.reason import Reason
from cameras.queries import KEPT_PROBES, cameras_of
from gis_server.edge import Page
from gis_server.models import AuditRow, User
from gis_server.roles import scope_q
from grids.models import Division

WORST_FIRST = (State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.ONLINE)
UNSTABLE = "unstable"
"""Beside the states, what may be looked for as one: what comes and goes, whatever it is now."""
MOST_CHOICES = 300  # owners, teams, upstream devices that a page offers
MOST_FAILURES, MOST_OUTAGES, MOST_EDITS = 30, 20, 10
MOST_SPANS = 40
SORTS: dict[str, tuple[str, ...]] = {
    "": ("rank", "-state__since"),
    "since": ("-state__since",),
    "code": ("code",),
    "name": ("name",),
    "host": ("host",),
}
"""The orders of the list by their names in the address; the id comes last in each."""


@dataclass(frozen=True)
class Filters:
    """What a reader looks for; empty fields and 0 let everything through."""

    text: str = ""
    state: str = ""
    reason: str = ""
    priority: str = ""
    owner: int = 0
    team: int = 0
    upstream: int = 0
    site: int = 0
    sort: str = ""


def cameras(user: User, filters: Filters, page: Page) -> tuple[list[Camera], int]:
    """One piece of the list, and how many fit in all.  Two queries."""
    rows = _filtered(with_shown(cameras_of(user)), filters)
    ordered = rows.select_related("state", "owner", "team", "upstream", "grid").order_by(
        *SORTS[filters.sort], "id"
    )
    return list(ordered[page.offset : page.offset + page.limit]), rows.count()


def with_shown(rows: QuerySet[Camera]) -> QuerySet[Camera]:
    """Adds `shown` and `said`, state and reason also of cameras nobody has asked, and `rank`."""
    rows = rows.annotate(
        shown=Coalesce("state__state", Value(State.UNKNOWN.value)),
        said=Coalesce("state__reason", Value(Reason.NOT_ASKED.value)),
    )
    whens = (When(shown=state.value, then=Value(rank)) for rank, state in enumerate(WORST_FIRST))
    return rows.annotate(rank=Case(*whens, output_field=IntegerField()))


def _filtered(rows: QuerySet[Camera], filters: Filters) -> QuerySet[Camera]:
    for word in filters.text.split()[:5]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(code__icontains=word)
            | Q(address_text__icontains=word)
            | Q(host__icontains=word)
            | Q(pole__icontains=word)
            | Q(gb_id__startswith=word)
        )
    wanted = {
        "shown": "" if filters.state == UNSTABLE else filters.state,
        "state__unstable": filters.state == UNSTABLE,
        "said": filters.reason,
        "priority": filters.priority,
        "owner": filters.owner,
        "team": filters.team,
        "upstream": filters.upstream,
        "site": filters.site,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def counts(user: User) -> tuple[list[tuple[State, int]], int]:
    """How many cameras in reach are in each state, the worst first; how many of them all are
    unstable.  One query.
    """
    state = Coalesce("state__state", Value(State.UNKNOWN.value))
    shaky = Count("id", filter=Q(state__unstable=True))
    rows = cameras_of(user).order_by().values_list(state).annotate(of=Count("id"), shaky=shaky)
    found, unstable = Counter[str](), 0
    for shown, number, shaking in rows:
        found[str(shown)] += number
        unstable += shaking
    return [(state, found[state.value]) for state in WORST_FIRST], unstable


@dataclass(frozen=True)
class Choices:
    """What a user can choose from: only what cameras in their reach have."""

    owners: Sequence[Owner]
    teams: Sequence[Team]
    upstreams: Sequence[Upstream]
    sites: Sequence[Site]


def owners(user: User) -> list[Owner]:
    """Of cameras in the user's reach, by name.  One query."""
    mine = Q(pk__in=cameras_of(user).order_by().values("owner"))
    return list(Owner.objects.filter(mine).order_by("name")[:MOST_CHOICES])


def teams(user: User) -> list[Team]:
    """Of cameras in the user's reach, by name.  One query."""
    mine = Q(pk__in=cameras_of(user).order_by().values("team"))
    return list(Team.objects.filter(mine).order_by("name")[:MOST_CHOICES])


def choices(user: User) -> Choices:
    """Four queries."""
    mine = Q(pk__in=cameras_of(user).order_by().values("upstream"))
    upstreams = Upstream.objects.filter(mine).order_by("name")[:MOST_CHOICES]
    mine = Q(pk__in=cameras_of(user).order_by().values("site"))
    sites = Site.objects.filter(mine).order_by("name")[:MOST_CHOICES]
    return Choices(owners(user), teams(user), list(upstreams), list(sites))


def newest_probes(camera: Camera, most: int = KEPT_PROBES) -> list[Probe]:
    return list(Probe.objects.filter(camera=camera)[:most])


def known_since(camera: Camera) -> datetime | None:
    """Since when the camera has been known without a gap; None while it is unknown, or never was
    anything else.
    """
    since = None
    for state, began in camera.spans.order_by("-id").values_list("state", "since")[:MOST_SPANS]:
        if state == State.UNKNOWN.value:
            break
        since = began
    return since


def older_failures(camera: Camera, newest: Sequence[Probe]) -> list[Probe]:
    """Failures from before the newest results, as far as they are kept."""
    rows = Probe.objects.filter(camera=camera).exclude(reason=Reason.OK.value)
    if newest:
        rows = rows.filter(id__lt=newest[-1].pk)
    return list(rows[:MOST_FAILURES])


def outages_of(camera: Camera, most: int = MOST_OUTAGES) -> list[OutageMember]:
    """The camera's part in its last outages, each with the outage; newest first."""
    rows = OutageMember.objects.filter(camera=camera).select_related("outage")
    return list(rows[:most])


def edits_of(camera: Camera, most: int = MOST_EDITS) -> list[AuditRow]:
    """What was done to the camera in the registry, newest first."""
    rows = AuditRow.objects.filter(subject=camera.code, action__startswith="camera.")
    return list(rows.filter(scope__startswith=camera.scope_code[:6]).order_by("-id")[:most])


def centre_name(device: DeviceId) -> str:
    """The division that an id's centre names; empty where it is not in the registry.  One query."""
    codes = [device.centre[:digits].ljust(12, "0") for digits in (2, 4, 6)]
    found = {one.code: one.name for one in Division.objects.filter(code__in=codes)}
    return next((found[code] for code in reversed(codes) if code in found), "")


def credentials(user: User) -> list[Credential]:
    """All groups of logins, with how many cameras in the user's reach use each (`mine`)."""
    mine = Count("cameras", filter=scope_q(user, "cameras__scope_code"))
    return list(Credential.objects.annotate(mine=mine).order_by("name"))
