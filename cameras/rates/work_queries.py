"""What the pages of planned work read; every function costs a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from cameras.models import Camera
from cameras.rates.models import PlannedWork, WorkCamera
from cameras.rates.work_rules import Window
from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q, within_q

SHOWS = ("running", "coming", "to_review", "past", "void")
MOST_COVERED = 200


def window_of(row: PlannedWork) -> Window:
    return Window(
        row.starts_at,
        row.ends_at,
        row.accepted_until,
        row.rejected_at is not None,
        row.withdrawn_at is not None,
    )


def cameras_under(row: PlannedWork) -> QuerySet[Camera]:
    """The cameras that a window covers by the registry of today, in anybody's area."""
    if row.target == PlannedWork.Target.UPSTREAM.value:
        return Camera.objects.filter(upstream=row.upstream_id)
    if row.target == PlannedWork.Target.OWNER.value:
        return Camera.objects.filter(owner=row.owner_id)
    if row.target == PlannedWork.Target.AREA.value:
        return Camera.objects.filter(scope_code__startswith=row.area)
    return Camera.objects.filter(pk__in=WorkCamera.objects.filter(work=row).values("camera"))


def visible(user: User) -> QuerySet[PlannedWork]:
    """The windows that cover some camera in the user's reach, or all of an area within it."""
    mine = Camera.objects.filter(scope_q(user, "scope_code"))
    parts = WorkCamera.objects.filter(scope_q(user, "camera__scope_code"), work=OuterRef("pk"))
    return PlannedWork.objects.filter(
        (Q(target="upstream") & Exists(mine.filter(upstream=OuterRef("upstream"))))
        | (Q(target="owner") & Exists(mine.filter(owner=OuterRef("owner"))))
        | (Q(target="area") & Exists(mine.filter(scope_code__startswith=OuterRef("area"))))
        | (Q(target="area") & within_q(user.reach, "area"))
        | (Q(target="cameras") & Exists(parts))
    )


def shown_q(show: str, now: datetime) -> Q:
    """The windows of one tab of the list."""
    counts = Q(withdrawn_at=None, rejected_at=None)
    return {
        "running": counts & Q(starts_at__lte=now, ends_at__gt=now),
        "coming": counts & Q(starts_at__gt=now),
        "to_review": counts & (Q(accepted_until=None) | Q(accepted_until__lt=F("ends_at"))),
        "past": counts & Q(ends_at__lte=now),
        "void": ~counts,
    }[show]


def listed(user: User, show: str, page: Page, now: datetime) -> list[PlannedWork]:
    """One piece of a tab: the latest first, of what is to come the next first.  One query."""
    order = ("starts_at", "id") if show == "coming" else ("-starts_at", "-id")
    rows = (
        visible(user).filter(shown_q(show, now)).select_related("upstream", "owner", "entered_by")
    )
    return list(rows.order_by(*order)[page.offset : page.offset + page.limit])


def counts(user: User, now: datetime) -> dict[str, int]:
    """How many windows each tab has.  One query."""
    of_each = {show: Count("pk", filter=shown_q(show, now)) for show in SHOWS}
    return dict(visible(user).order_by().aggregate(**of_each))


@dataclass(frozen=True, slots=True)
class Covered:
    """The cameras in the reader's reach that a window covers by the registry of today."""

    total: int
    cameras: list[Camera]


def covered_by(user: User, row: PlannedWork) -> Covered:
    """Two queries."""
    rows = cameras_under(row).filter(scope_q(user, "scope_code")).order_by("code")
    return Covered(rows.count(), list(rows.select_related("owner", "state")[:MOST_COVERED]))
