"""Posts: made, changed, put out of use; what they need; their grids."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.geo import WGS84
from gis_server.models import User
from gis_server.roles import in_scope, scope_q
from grids.models import Grid
from patrols.board.rights import must_plan, post_for
from patrols.control import ControlLevel
from patrols.models import Duty, Need, Post, PostKind, Shift
from patrols.models.control import DISTRICT_DIGITS

MOST_GRIDS = 300
MOST_PEOPLE = 99
CODE = re.compile(r"[0-9]{15,19}")
Needs = Mapping[ControlLevel, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class NewPost:
    """point: longitude and latitude, WGS84.  needs: by level and shift; a level that is not among
    them needs what the next lower one does.
    """

    name: str
    kind: str
    scope_code: str
    task: str
    point: tuple[float, float] | None
    grids: Sequence[Grid]
    needs: Needs
    is_active: bool = True


@transaction.atomic
def add_post(*, by: User, wanted: NewPost) -> Post:
    """Raises: see `change_post`."""
    _check(by, wanted)
    try:
        with transaction.atomic():
            row = Post.objects.create(**_columns(wanted))
    except IntegrityError:
        raise _name_taken() from None
    row.grids.set(wanted.grids)
    _set_needs(row, wanted.needs)
    detail = {"name": row.name, "counts": len(wanted.grids)}
    audit.note(by=by, action="post.added", subject=row.pk, scope=row.scope_code, detail=detail)
    return row


@transaction.atomic
def change_post(*, by: User, post_id: int, version: int, wanted: NewPost) -> Post:
    """Change a post if it is what was seen.

    Raises:
        NotFound, NotAllowed: it, its new territory or one of its grids is not in reach.
        Invalid: no place for what stands somewhere, too many grids, or impossible needs.
        Conflict: somebody else was first, the name is taken there, or it would take its duties to
            another territory.
    """
    before = post_for(by, post_id)
    _check(by, wanted)
    if wanted.scope_code != before.scope_code and Duty.objects.filter(post=before).exists():
        message = _("This post has duties: its territory stays. Put it out of use, make another.")
        raise Conflict(message)
    columns = _columns(wanted)
    try:
        with transaction.atomic():
            rows = Post.objects.filter(pk=post_id, version=version)
            count = rows.update(**columns, version=F("version") + 1)
    except IntegrityError:
        raise _name_taken() from None
    if count != 1:
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    grids = set(before.grids.values_list("code", flat=True))
    before.grids.set(wanted.grids)
    needs = _set_needs(before, wanted.needs)
    detail = _differences(before, columns) | needs
    if grids != (codes := {one.code for one in wanted.grids}):
        detail["grids"] = {"entered": sorted(codes - grids), "removed": sorted(grids - codes)}
    audit.note(
        by=by, action="post.changed", subject=post_id, scope=wanted.scope_code, detail=detail
    )
    return Post.objects.get(pk=post_id)


def _check(by: User, wanted: NewPost) -> None:
    must_plan(by)
    if not in_scope(by, wanted.scope_code):
        raise NotAllowed(_("This area is not yours."))
    if wanted.kind != PostKind.AREA and wanted.point is None:
        raise Invalid(_("A fixed post or duty room needs its position."))
    if len(wanted.grids) > MOST_GRIDS:
        raise Invalid(_("A post has at most %(most)d grids.") % {"most": MOST_GRIDS})
    if not all(in_scope(by, grid.code) for grid in wanted.grids):
        raise NotAllowed(_("This area is not yours."))
    area = wanted.scope_code[:DISTRICT_DIGITS]
    known = set(Shift.objects.filter(area=area).values_list("pk", flat=True))
    for of_level in wanted.needs.values():
        if not of_level.keys() <= known:
            raise Invalid(_("The district of this post has no such shift (any more)."))
        if not all(0 <= people <= MOST_PEOPLE for people in of_level.values()):
            raise Invalid(_("A shift needs from 0 to %(most)d people.") % {"most": MOST_PEOPLE})


def _columns(wanted: NewPost) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "kind": wanted.kind,
        "scope_code": wanted.scope_code,
        "task": wanted.task,
        "point": Point(*wanted.point, srid=WGS84) if wanted.point else None,
        "is_active": wanted.is_active,
    }


def _differences(before: Post, columns: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_text(getattr(before, name)), _text(value)]
        for name, value in columns.items()
        if getattr(before, name) != value
    }


def _text(value: object) -> object:
    return [round(part, 6) for part in value.coords] if isinstance(value, Point) else value


def _set_needs(post: Post, needs: Needs) -> dict[str, Any]:
    """Exchange what a post needs; what was different, in words."""
    rows = [
        Need(post=post, shift_id=shift, level=level.value, people=people)
        for level, of_level in needs.items()
        for shift, people in of_level.items()
    ]
    before = _told(Need.objects.filter(post=post).select_related("shift"))
    Need.objects.filter(post=post).delete()
    Need.objects.bulk_create(rows)
    after = _told(Need.objects.filter(post=post).select_related("shift"))
    return {} if before == after else {"needs": [before, after]}


def _told(rows: Any) -> dict[str, int]:
    return {f"{row.level} {row.shift.name}": row.people for row in rows}


def _name_taken() -> Conflict:
    return Conflict(_("There is a post of this name in this area already."))


def grids_named(by: User, text: str, whole: str = "") -> list[Grid]:
    """The grids in reach that lines or words of a text name, by code or by their whole name, and
    with `whole`, digits of a territory, all in that.

    Raises Invalid: one is unknown or gone, a name is not only one's, or there are too many.
    """
    words = _words(text)
    there = Grid.objects.filter(scope_q(by, "code"), gone_on=None)
    rows = there.filter(Q(code__in=words) | Q(name__in=words))
    found = {row.pk: row for row in rows[: MOST_GRIDS + 1]}
    named = {row.code for row in found.values()} | {row.name for row in found.values()}
    if unknown := [word for word in words if word not in named]:
        rule = _("There are no such grids in your area: %(names)s.")
        raise Invalid(rule % {"names": "、".join(word[:40] for word in unknown[:10])})
    for word in words:
        if sum(row.name == word for row in found.values()) > 1:
            rule = _("Several grids are called %(name)s: write its code.")
            raise Invalid(rule % {"name": word[:40]})
    if whole:
        inside = there.filter(code__startswith=whole)
        found |= {row.pk: row for row in inside[: MOST_GRIDS + 1]}
    if len(found) > MOST_GRIDS:
        raise Invalid(_("A post has at most %(most)d grids.") % {"most": MOST_GRIDS})
    return sorted(found.values(), key=lambda row: row.code)


def _words(text: str) -> list[str]:
    """A line that begins with a code is that grid, whatever follows; else the line is a name."""
    found: dict[str, None] = {}
    for line in re.split(r"[\n,，、;；]+", text):
        word = line.strip()
        code = CODE.match(word)
        if word:
            found[code[0] if code else word] = None
    return list(found)
