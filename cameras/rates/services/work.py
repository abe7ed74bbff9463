"""Planned work: entered, ended sooner or later, withdrawn, and reviewed by somebody else.

Each step is a compare-and-set on the window's version; what a figure rests on (`WorkTerm`,
`WorkReview`) is inserted in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.models import Camera, Owner, Upstream
from cameras.rates import work_rules
from cameras.rates.models import PlannedWork, WorkCamera, WorkReview, WorkTerm
from cameras.rates.work_queries import cameras_under, visible, window_of
from cameras.rates.work_rules import Stage, Wrong
from cameras.services.outages import common_start
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Permission, in_scope, may, scope_q

MOST_CAMERAS = 500
MOST_SCOPES = 2_000
"""So many cameras' codes are compared to say in which territory a window lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedWork:
    """A window that somebody wants to enter: see `PlannedWork`.  One of the last four is set."""

    kind: str
    title: str
    note: str
    starts_at: datetime
    ends_at: datetime
    upstream: Upstream | None = None
    owner: Owner | None = None
    area: str = ""
    cameras: Sequence[Camera] = ()

    @property
    def target(self) -> PlannedWork.Target:
        if self.upstream:
            return PlannedWork.Target.UPSTREAM
        if self.owner:
            return PlannedWork.Target.OWNER
        return PlannedWork.Target.AREA if self.area else PlannedWork.Target.CAMERAS


@transaction.atomic
def enter_work(*, by: User, wanted: WantedWork, now: datetime) -> PlannedWork:
    """
    Raises:
        Invalid: times that make no window, no camera, or too many single ones.
        NotAllowed: it would cover cameras outside of the area of `by`.
    """
    check_times(wanted.starts_at, wanted.ends_at, now)
    if len(wanted.cameras) > MOST_CAMERAS:
        raise Invalid(_("At most %(most)d single cameras are possible.") % {"most": MOST_CAMERAS})
    row = PlannedWork.objects.create(
        kind=wanted.kind, title=wanted.title, note=wanted.note, starts_at=wanted.starts_at,
        ends_at=wanted.ends_at, target=wanted.target.value, upstream=wanted.upstream,
        owner=wanted.owner, area=wanted.area, entered_by=by, entered_at=now,
    )  # fmt: skip
    WorkCamera.objects.bulk_create(WorkCamera(work=row, camera=one) for one in wanted.cameras)
    WorkTerm.objects.create(work=row, ends_at=row.ends_at, set_at=now, set_by=by)
    check_reach(by, row)
    if not cameras_under(row).exists():
        raise Invalid(_("No camera belongs to this: choose something else."))
    _note(row, by=by, action="work.entered", detail={"since": _told(row.starts_at)})
    return row


@transaction.atomic
def change_end(
    *, by: User, work_id: int, version: int, ends_at: datetime, now: datetime
) -> PlannedWork:
    """Let it end at another moment, at once at the earliest; what it is prolonged by is to be
    reviewed anew.

    Raises:
        NotFound, NotAllowed: see `work_for`.
        Conflict: somebody else was first, or it is over, withdrawn or rejected.
        Invalid: an end that is past, before its start, or makes it too long.
    """
    row = work_for(by, work_id)
    if window_of(row).stage(now) not in (Stage.COMING, Stage.RUNNING):
        raise Conflict(_("This window is over: enter another one."))
    if ends_at < now:
        raise Invalid(_("It cannot end in the past: end it now."))
    check_times(row.starts_at, ends_at, now)
    if ends_at == row.ends_at:
        raise Invalid(_("It ends at this time already."))
    _move(row, version, ends_at=ends_at)
    WorkTerm.objects.create(work=row, ends_at=ends_at, set_at=now, set_by=by)
    _note(row, by=by, action="work.end_changed", detail={"since": _told(row.starts_at)})
    return row


@transaction.atomic
def withdraw_work(*, by: User, work_id: int, version: int, now: datetime) -> PlannedWork:
    """Let it count no longer; figures made before keep it.

    Raises:
        NotFound, NotAllowed: see `work_for`; an accepted one is withdrawn by who may review.
        Conflict: somebody else was first, or it counts no longer.
    """
    row = work_for(by, work_id)
    if row.withdrawn_at or row.rejected_at:
        raise Conflict(_("This window counts no longer."))
    if row.accepted_until and not may(by.role, Permission.REVIEW_WORK):
        raise NotAllowed(_("It is accepted: only somebody who reviews can withdraw it."))
    _move(row, version, withdrawn_at=now, withdrawn_by=by)
    _note(row, by=by, action="work.withdrawn", detail={"since": _told(row.starts_at)})
    return row


@transaction.atomic
def review_work(
    *, by: User, work_id: int, version: int, accept: bool, note: str, now: datetime
) -> PlannedWork:
    """Accept the window as it is now, or reject it, with a note; one that was accepted before and
    then prolonged goes back to what was accepted.

    Two reviewers may answer at once: the row moves by compare-and-set, so one of them succeeds.

    Raises:
        NotFound, NotAllowed: see `work_for`; who entered or prolonged it never reviews it.
        Conflict: somebody else was first, or nothing of it waits for a review.
        Invalid: a rejection without a reason.
    """
    row = work_for(by, work_id)
    if not may(by.role, Permission.REVIEW_WORK):
        raise NotAllowed(_("Your role does not review planned work."))
    if not window_of(row).waits_for_review:
        raise Conflict(_("Nothing of this window waits for a review any more."))
    if by.pk in authors_of(row):
        raise NotAllowed(_("You entered or prolonged this window: somebody else reviews it."))
    if not accept and not note:
        raise Invalid(_("Say why it is rejected."))
    seen_end = row.ends_at
    if accept:
        _move(row, version, accepted_until=seen_end)
    elif row.accepted_until:
        _move(row, version, ends_at=row.accepted_until)
        WorkTerm.objects.create(work=row, ends_at=row.accepted_until, set_at=now, set_by=by)
    else:
        _move(row, version, rejected_at=now)
    verdict = WorkReview.Verdict.ACCEPTED if accept else WorkReview.Verdict.REJECTED
    WorkReview.objects.create(
        work=row, verdict=verdict.value, ends_at=seen_end, by=by, at=now, note=note
    )
    _note(
        row,
        by=by,
        action="work.accepted" if accept else "work.rejected",
        detail={"note": note},
    )
    return row


def authors_of(row: PlannedWork) -> set[int]:
    """Who has a hand in what waits for a review: who entered it, or has prolonged it since."""
    terms = WorkTerm.objects.filter(work=row)
    if row.accepted_until:
        terms = terms.filter(ends_at__gt=row.accepted_until)
    return {row.entered_by_id, *terms.values_list("set_by", flat=True)}


def work_for(by: User, work_id: int) -> PlannedWork:
    """
    Raises:
        NotFound: no such window, or none that touches the area of `by`.
        NotAllowed: it covers cameras outside of the area of `by`.
    """
    row = visible(by).filter(pk=work_id).first()
    if row is None:
        raise NotFound(_("There is no such window in your area."))
    check_reach(by, row)
    return row


def check_reach(by: User, row: PlannedWork) -> None:
    """Raises NotAllowed."""
    outside = cameras_under(row).exclude(scope_q(by, "scope_code")).exists()
    if outside or (row.area and not in_scope(by, row.area)):
        raise NotAllowed(
            _(
                "This covers cameras outside of your area: only who answers for all of them enters "
                "or changes it."
            )
        )


WRONG = {
    Wrong.ORDER: lambda: _("It must end after it starts."),
    Wrong.LONG: lambda: (
        _("A window lasts %(most)d days at most.") % {"most": work_rules.LONGEST.days}
    ),
    Wrong.OLD: lambda: (
        _("It can be entered up to %(most)d days after it began.")
        % {"most": work_rules.LATEST_ENTRY.days}
    ),
    Wrong.FAR: lambda: _("It starts more than a year ahead: is the year right?"),
}


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises Invalid."""
    wrong = work_rules.wrong_with(starts_at, ends_at, now)
    if wrong:
        raise Invalid(WRONG[wrong]())


def _move(row: PlannedWork, version: int, **columns: Any) -> None:
    """Raises Conflict: another version is stored."""
    seen = PlannedWork.objects.filter(pk=row.pk, version=version)
    if seen.update(version=F("version") + 1, **columns) != 1:
        raise Conflict(_("Somebody else has changed this window meanwhile. Load the page again."))
    row.refresh_from_db()


def _note(row: PlannedWork, *, by: User, action: str, detail: dict[str, Any]) -> None:
    codes = list(cameras_under(row).values_list("scope_code", flat=True)[:MOST_SCOPES])
    audit.note(
        by=by,
        action=action,
        subject=f"{row.pk} {row.title}",
        scope=row.area or common_start(codes),
        detail=detail | {"kind": row.kind, "until": _told(row.ends_at)},
    )


def _told(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
