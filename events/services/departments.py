"""Departments that handle events (职能部门), and who acts for them."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from events.models import Department, DepartmentMember, EventTask
from events.models.units import OPEN_TASK_VALUES
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import MAY, Permission, Role, in_scope, scope_q

MOST_MEMBERS, MOST_PEOPLE = 200, 1000


def departments_seen(user: User) -> QuerySet[Department]:
    return Department.objects.filter(scope_q(user, "area")).order_by("area", "name", "id")


def department_for(user: User, department_id: int) -> Department:
    """Raises NotFound: there is none, or none whose area lies in the user's reach."""
    row = departments_seen(user).filter(pk=department_id).first()
    if row is None:
        raise NotFound(_("There is no such department in your area."))
    return row


@transaction.atomic
def add_department(*, by: User, name: str, area: str, phone: str) -> Department:
    """Raises NotAllowed: the area is not the sender's.  Conflict: the name is taken there."""
    check_area(by, area)
    try:
        with transaction.atomic():
            row = Department.objects.create(name=name, area=area, phone=phone)
    except IntegrityError:
        raise name_taken() from None
    audit.note(by=by, action="department.added", subject=name, scope=area)
    return row


def check_area(by: User, area: str) -> None:
    """Raises NotAllowed."""
    if not in_scope(by, area):
        raise NotAllowed(_("This area is not yours."))


def name_taken() -> Conflict:
    return Conflict(_("There is a department of this name in this area already."))


@transaction.atomic
def change_department(*, by: User, department_id: int, version: int, **wanted: Any) -> Department:
    """Change name, area, phone or use, if it is what was seen; tasks keep the name of their day.

    Raises:
        NotFound, NotAllowed: it, or its new area, is not the sender's.
        Conflict: somebody else was first, the name is taken, or it has open tasks and is to go.
    """
    before = department_for(by, department_id)
    check_area(by, wanted.get("area", before.area))
    if not wanted.get("is_active", True):
        check_idle(before)
    same = Department.objects.filter(pk=department_id, version=version)
    try:
        with transaction.atomic():
            count = same.update(**wanted, version=F("version") + 1)
    except IntegrityError:
        raise name_taken() from None
    if count != 1:
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    changed = {
        name: [getattr(before, name), value]
        for name, value in wanted.items()
        if getattr(before, name) != value
    }
    audit.note(
        by=by, action="department.changed", subject=before.name, scope=before.area, detail=changed
    )
    return Department.objects.get(pk=department_id)


def check_idle(department: Department) -> None:
    """Raises Conflict: there is something that it has still to do."""
    count = EventTask.objects.filter(department=department, state__in=OPEN_TASK_VALUES).count()
    if count:
        rule = _("This department has %(count)d open tasks: finish or call them back first.")
        raise Conflict(rule % {"count": count})


@transaction.atomic
def set_members(*, by: User, department_id: int, user_ids: Collection[int]) -> None:
    """Make these, of those whom `by` may choose, the members; others that are in it stay.

    Raises:
        Invalid: too many, or somebody whom `by` may not choose.
        NotFound: see `department_for`.
    """
    row = department_for(by, department_id)
    Department.objects.select_for_update().get(pk=row.pk)
    choices = {user.pk: user for user in people_for(by, row)}
    if len(user_ids) > MOST_MEMBERS or not set(user_ids) <= choices.keys():
        raise Invalid(_("Choose members from the list: people whose role handles events."))
    now_in = set(DepartmentMember.objects.filter(department=row).values_list("user_id", flat=True))
    fresh, gone = set(user_ids) - now_in, (now_in & choices.keys()) - set(user_ids)
    DepartmentMember.objects.bulk_create(
        DepartmentMember(user_id=one, department=row) for one in sorted(fresh)
    )
    DepartmentMember.objects.filter(department=row, user__in=gone).delete()
    if fresh or gone:
        detail = {
            "entered": sorted(choices[one].username for one in fresh),
            "removed": sorted(choices[one].username for one in gone),
        }
        audit.note(
            by=by,
            action="department.members_changed",
            subject=row.name,
            scope=row.area,
            detail=detail,
        )


def people_for(by: User, department: Department) -> list[User]:
    """Whom `by` may put into a department: whose role handles events, in a territory that meets
    both.  One query.
    """
    roles = [role.value for role in Role if Permission.HANDLE_EVENTS in MAY[role]]
    users = User.objects.filter(role__in=roles, is_active=True).order_by("display_name", "id")
    return [
        user
        for user in users[:MOST_PEOPLE]
        if meets(by.reach, user.scope) and meets([department.area], user.scope)
    ]


def meets(reach: Collection[str], scope: Collection[str]) -> bool:
    return any(a and b and (a.startswith(b) or b.startswith(a)) for a in reach for b in scope)
