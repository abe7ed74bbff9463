"""The catalogue: entries are added, renamed, ordered and taken out of use; their codes stay."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from events.models import Category, Event
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import scope_q

STEP = 10
"""Positions stand so far apart; two that change places exchange them."""


def check_answers_for_all(by: User) -> None:
    """Catalogue, deadlines and working days hold for all events.  Raises NotAllowed."""
    if Event.objects.exclude(scope_q(by, "scope_code")).exists():
        raise NotAllowed(
            _("These rules hold for all events: only who answers for all of them changes them.")
        )


@transaction.atomic
def add_category(
    *,
    by: User,
    kind: str,
    parent_id: int | None,
    code: str,
    name: str,
    hint: str,
    severity: str,
    needs_photo: bool = False,
) -> Category:
    """A group of a kind, or an entry below a group of the same kind, after all others.

    Raises:
        Invalid: no such group of this kind.
        Conflict: the code is taken.
        NotAllowed: see `check_answers_for_all`.
    """
    check_answers_for_all(by)
    if parent_id is not None:
        group = Category.objects.filter(pk=parent_id, parent=None, kind=kind).first()
        if group is None:
            raise Invalid(_("Choose a group of the same kind."))
    beside = Category.objects.filter(kind=kind, parent=parent_id).order_by("-position")
    last = beside.values_list("position", flat=True).first()
    try:
        with transaction.atomic():
            row = Category.objects.create(
                kind=kind,
                parent_id=parent_id,
                code=code,
                name=name,
                hint=hint,
                severity=severity,
                needs_photo=needs_photo,
                position=0 if last is None else last + STEP,
            )
    except IntegrityError:
        raise Conflict(_("This code is taken: codes are never used twice.")) from None
    detail = {"name": name, "kind": kind, "severity": severity}
    audit.note(by=by, action="category.added", subject=code, detail=detail)
    return row


def category_for(category_id: int) -> Category:
    """Raises NotFound."""
    row = Category.objects.select_related("parent").filter(pk=category_id).first()
    if row is None:
        raise NotFound(_("There is no such entry of the catalogue."))
    return row


@transaction.atomic
def change_category(*, by: User, category_id: int, version: int, **wanted: Any) -> Category:
    """Give an entry or group another name, hint, severity, use or wish for a photo, if it was seen.

    Events that have it keep it; one that is out of use is not offered any more.

    Raises:
        NotFound, NotAllowed.
        Conflict: somebody else was first.
    """
    check_answers_for_all(by)
    before = category_for(category_id)
    same = Category.objects.filter(pk=category_id, version=version)
    if same.update(**wanted, version=F("version") + 1) != 1:
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    changed = {
        name: [getattr(before, name), value]
        for name, value in wanted.items()
        if getattr(before, name) != value
    }
    audit.note(by=by, action="category.changed", subject=before.code, detail=changed)
    return category_for(category_id)


@transaction.atomic
def move_category(*, by: User, category_id: int, up: bool) -> None:
    """One place up or down among its own; at the end it stays.  Raises: as `change_category`."""
    check_answers_for_all(by)
    row = category_for(category_id)
    among = Category.objects.filter(kind=row.kind, parent=row.parent_id)
    rows = list(among.select_for_update().order_by("position", "code"))
    place = [one.pk for one in rows].index(row.pk)
    other = place + (-1 if up else 1)
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for number, one in enumerate(rows):
        Category.objects.filter(pk=one.pk).update(position=number * STEP)
    audit.note(by=by, action="category.moved", subject=row.code)
