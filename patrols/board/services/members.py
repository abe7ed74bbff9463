"""Members: people who can be put on duty, entered one by one, from grid staff or from a table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from gis_server.roles import MAY, Permission, Role, covers, in_scope, scope_q
from grids.codes import DIVISION_DIGITS
from grids.models import Assignment, GridWorker
from patrols.board.rights import member_for, must_plan
from patrols.models import Force, Member

ON_DUTY_ROLES = [role.value for role in Role if Permission.DO_PATROLS in MAY[role]]
MOST_MADE = 5000


@dataclass(frozen=True, slots=True)
class NewMember:
    """username: of the account they sign in with; worker: their number among the grid staff; both
    empty for none.
    """

    number: str
    name: str
    phone: str
    force: str
    means: str
    scope_code: str
    username: str = ""
    worker: str = ""
    is_active: bool = True


@transaction.atomic
def add_member(*, by: User, wanted: NewMember) -> Member:
    """Raises: see `change_member`."""
    columns = _columns(by, wanted, None)
    try:
        with transaction.atomic():
            row = Member.objects.create(**columns)
    except IntegrityError:
        raise _taken() from None
    detail = {"name": row.name, "person": row.number}
    audit.note(by=by, action="member.added", subject=row.pk, scope=row.scope_code, detail=detail)
    return row


@transaction.atomic
def change_member(*, by: User, member_id: int, version: int, wanted: NewMember) -> Member:
    """Change somebody if they are what was seen; duties keep them, whatever they are called.

    Raises:
        NotFound, NotAllowed: they, or their new area, are not in reach.
        Invalid: no such account or grid worker in reach.
        Conflict: somebody else was first; number, account or grid worker are somebody else's.
    """
    before = member_for(by, member_id)
    columns = _columns(by, wanted, before)
    try:
        with transaction.atomic():
            rows = Member.objects.filter(pk=member_id, version=version)
            count = rows.update(**columns, version=F("version") + 1)
    except IntegrityError:
        raise _taken() from None
    if count != 1:
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    row = Member.objects.select_related("user", "worker").get(pk=member_id)
    detail = {
        name: [str(getattr(before, name) or ""), str(getattr(row, name) or "")]
        for name in columns
        if getattr(before, name) != getattr(row, name)
    }
    audit.note(
        by=by, action="member.changed", subject=member_id, scope=row.scope_code, detail=detail
    )
    return row


def _taken() -> Conflict:
    return Conflict(_("This staff number, account or grid worker is somebody else's already."))


def _columns(by: User, wanted: NewMember, before: Member | None) -> dict[str, Any]:
    must_plan(by)
    if not in_scope(by, wanted.scope_code):
        raise NotAllowed(_("This area is not yours."))
    columns = asdict(wanted)
    username, worker = columns.pop("username"), columns.pop("worker")
    columns["user"] = user_for(by, username, before) if username else None
    columns["worker"] = worker_for(by, worker, before) if worker else None
    return columns


def user_for(by: User, username: str, before: Member | None = None) -> User:
    """An account that goes on duty, whose whole area lies in reach; or the one they have already.

    Raises Invalid.
    """
    row = User.objects.filter(username=username).first()
    known = before is not None and row is not None and before.user_id == row.pk
    if row is not None and (known or (row.is_active and is_theirs(by, row))):
        return row
    rule = _("There is no account “%(name)s” in your area whose role goes on duty.")
    raise Invalid(rule % {"name": username[:40]})


def is_theirs(by: User, user: User) -> bool:
    inside = bool(user.scope) and all(covers(by.reach, code) for code in user.scope)
    return user.role in ON_DUTY_ROLES and inside


def worker_for(by: User, number: str, before: Member | None = None) -> GridWorker:
    """A grid worker who has, or had, a grid in reach; or the one they are already.

    Raises Invalid.
    """
    row = GridWorker.objects.filter(number=number).first()
    known = before is not None and row is not None and before.worker_id == row.pk
    if row is not None and (known or _has_grid(by, row)):
        return row
    rule = _("There is no grid worker with the number %(number)s in your area.")
    raise Invalid(rule % {"number": number[:20]})


def _has_grid(by: User, row: GridWorker) -> bool:
    return Assignment.objects.filter(scope_q(by, "grid__code"), worker=row).exists()


@dataclass(frozen=True, slots=True)
class Made:
    """How many were entered; how many stay out because their number is somebody else's."""

    made: int
    taken: int


@transaction.atomic
def make_of_workers(*, by: User, area: str, day: date) -> Made:
    """Enter all who look after a grid of the area on a day and are no members yet, each as of the
    community of their first grid.

    Raises:
        NotAllowed: the area is not in reach.  Invalid: more than `MOST_MADE`.
    """
    must_plan(by)
    if not in_scope(by, area):
        raise NotAllowed(_("This area is not yours."))
    made = enter_workers(area, day, scope_q(by, "grid__code"))
    detail = {"counts": made.made}
    audit.note(by=by, action="members.made", subject=area, scope=area, detail=detail)
    return made


def enter_workers(area: str, day: date, within: Q) -> Made:
    """The same in the caller's transaction and in nobody's name; within: of their assignments."""
    held = Assignment.objects.filter(within, grid__code__startswith=area, valid__contains=day)
    # Not one more join: where the tables were filled a moment ago their plan would be a bad one.
    known = set(Member.objects.filter(worker__isnull=False).values_list("worker_id", flat=True))
    found: dict[int, Assignment] = {}
    for one in held.select_related("worker", "grid").order_by("grid__code", "id"):
        if one.worker_id not in known:
            found.setdefault(one.worker_id, one)
    if len(found) > MOST_MADE:
        raise Invalid(_("More than %(most)d people: choose a street.") % {"most": MOST_MADE})
    numbers = {one.worker.number for one in found.values()}
    taken = set(Member.objects.filter(number__in=numbers).values_list("number", flat=True))
    rows = [_member_of(one) for one in found.values() if one.worker.number not in taken]
    # Somebody may enter the same people beside us.
    Member.objects.bulk_create(rows, ignore_conflicts=True)
    made = Member.objects.filter(worker__in=[row.worker_id for row in rows]).count()
    return Made(made, len(taken))


def _member_of(one: Assignment) -> Member:
    return Member(
        number=one.worker.number, name=one.worker.name, phone=one.worker.phone,
        force=Force.GRID_WORKER, scope_code=one.grid.code[:DIVISION_DIGITS], worker=one.worker,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entered:
    """What entering a table comes to: how many rows of each kind; faults by place in the table."""

    new: int
    changed: int
    same: int
    faults: dict[int, str]


@transaction.atomic
def enter(*, by: User, wanted: Sequence[NewMember], dry_run: bool) -> Entered:
    """Enter all or, with a fault or on a dry run, none; who is known by their number is changed."""
    must_plan(by)
    numbers = [one.number for one in wanted]
    known = {row.number: row for row in Member.objects.filter(number__in=numbers)}
    told, faults = {"new": 0, "changed": 0, "same": 0}, dict[int, str]()
    for place, one in enumerate(wanted):
        try:
            told[_enter_one(by, one, known.get(one.number), dry_run=dry_run)] += 1
        except (Invalid, NotAllowed, Conflict) as refused:
            faults[place] = str(refused.message)
    if faults:
        transaction.set_rollback(True)
    elif not dry_run:
        detail = {"counts": {"new": told["new"], "changed": told["changed"]}}
        audit.note(by=by, action="members.imported", detail=detail)
    return Entered(**told, faults=faults)


def _enter_one(by: User, wanted: NewMember, before: Member | None, *, dry_run: bool) -> str:
    """Raises DomainError."""
    if before is None:
        # Also on a dry run, for what only the database knows; the savepoint is given up then.
        with transaction.atomic():
            add_member(by=by, wanted=wanted)
            if dry_run:
                transaction.set_rollback(True)
        return "new"
    if not in_scope(by, before.scope_code):
        raise NotAllowed(_("This staff number, account or grid worker is somebody else's already."))
    columns = _columns(by, wanted, before)
    if all(getattr(before, name) == value for name, value in columns.items()):
        return "same"
    with transaction.atomic():
        change_member(by=by, member_id=before.pk, version=before.version, wanted=wanted)
        if dry_run:
            transaction.set_rollback(True)
    return "changed"
