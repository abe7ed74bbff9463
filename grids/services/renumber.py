"""Giving a division or grid another code, and with it everything below."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_server import live, scopes
from gis_server.errors import Conflict, Invalid
from gis_server.models import User
from gis_server.roles import in_scope
from grids.codes import BadCode, CodeFlaw, Level, level_of, parent_code, prefix
from grids.models import Division, Edit, Grid, Thing
from grids.services import history

NO_CODE: dict[CodeFlaw, str | Promise] = {
    CodeFlaw.NOT_DIGITS: gettext_lazy("A code is made of digits alone."),
    CodeFlaw.LENGTH: gettext_lazy("A division's code has 12 digits, a grid's 15, 17 or 19."),
    CodeFlaw.LEVEL_LEFT_OUT: gettext_lazy("This code leaves out a level above its own."),
    CodeFlaw.NO_GRID_NUMBER: gettext_lazy("This code has a grid's length, but no grid number."),
    CodeFlaw.NO_PART_NUMBER: gettext_lazy("This code has no number for the grid within its grid."),
}
"""What `level_of` can find wrong with what somebody enters."""
# Every row below the old prefix takes the new one; the history closes today and goes on under the
# new code, or, where it began today, is overwritten.
CASCADE = """
    WITH moved AS (
        UPDATE {table} SET code = %(new)s || substr(code, %(length)s + 1)
        WHERE code BETWEEN %(old)s AND %(old)s || '9999999999999999999'
        RETURNING id, code, name
    ), today_only AS (
        SELECT moved.id FROM moved JOIN {names} AS named ON named.{thing}_id = moved.id
        WHERE upper_inf(named.valid) AND lower(named.valid) = %(today)s
    ), overwritten AS (
        UPDATE {names} AS named SET code = moved.code FROM moved
        WHERE named.{thing}_id = moved.id AND upper_inf(named.valid)
          AND lower(named.valid) = %(today)s
    ), closed AS (
        UPDATE {names} AS named SET valid = daterange(lower(named.valid), %(today)s) FROM moved
        WHERE named.{thing}_id = moved.id AND upper_inf(named.valid)
          AND lower(named.valid) < %(today)s
    )
    SELECT id, code, name FROM moved WHERE id NOT IN (SELECT id FROM today_only)"""
BEGIN = """
    INSERT INTO {names} ({thing}_id, code, name, valid)
    SELECT moved.id, moved.code, moved.name, daterange(%(today)s, NULL)
    FROM unnest(%(ids)s::bigint[], %(codes)s::text[], %(called)s::text[])
         AS moved (id, code, name)"""
# What went back on the same day to what it was before goes on as if nothing had been.
REJOIN = """
    WITH pairs AS (
        SELECT later.id AS later, earlier.id AS earlier
        FROM {names} AS later JOIN {names} AS earlier
          ON earlier.{thing}_id = later.{thing}_id AND upper(earlier.valid) = %(today)s
         AND earlier.code = later.code AND earlier.name = later.name
        WHERE lower(later.valid) = %(today)s AND upper_inf(later.valid)
          AND later.code BETWEEN %(new)s AND %(new)s || '9999999999999999999'
    ), gone AS (
        DELETE FROM {names} WHERE id IN (SELECT later FROM pairs) RETURNING id
    )
    SELECT array_agg(earlier) FROM pairs WHERE (SELECT count(*) FROM gone) >= 0"""
REOPEN = "UPDATE {names} SET valid = daterange(lower(valid), NULL) WHERE id = ANY (%(ids)s)"
IMPORTS = """
    UPDATE grids_importrun SET scope = %(new)s || substr(scope, length(%(old)s) + 1)
    WHERE starts_with(scope, %(old)s)"""
TABLES = (
    {"table": "grids_division", "names": "grids_divisiondesignation", "thing": "division"},
    {"table": "grids_grid", "names": "grids_griddesignation", "thing": "grid"},
)


@transaction.atomic
def renumber(
    *,
    thing: Thing,
    thing_id: int,
    seen: str,
    code: str,
    by: User,
    now: datetime,
    undoes: Edit | None = None,
) -> Edit | None:
    """Give a division or grid another code from today on; what lies below changes with it.

    Codes, their history, the territory of places and cameras and the scopes of users follow in one
    transaction, while nobody else edits.  None when the code is what it was.

    Args:
        seen: the code that the editor's page showed.

    Raises:
        NotFound: no such thing in the user's reach.
        Conflict: it has another code by now, or the new one is taken today.
        Invalid: the new code does not fit level or parent, or lies outside the user's reach.
    """
    history.hold_codes_still(alone=True)
    row = history.locked(thing, thing_id, by)
    assert isinstance(row, (Division, Grid))  # noqa: S101 - only these are renumbered
    old = row.code
    if code == old:
        return None
    if seen != old:
        history.refuse(row, "code", old)
    _check_fit(row, code)
    if not in_scope(by, code):
        raise Invalid(_("This code lies in a territory that is not yours."))
    _check_free(code)
    move(prefix(old), prefix(code), timezone.localdate(now))
    row.refresh_from_db()
    edit = history.write(
        row,
        before={"code": old},
        after={"code": code},
        verb="renumbered",
        by=by,
        now=now,
        undoes=undoes,
    )
    # Who listens under the old code must hear of it too.
    live.record(live.Change("territory", f"{thing}-{row.pk}", old, {"thing": str(thing)}))
    return edit


def _check_fit(row: Division | Grid, code: str) -> None:
    try:
        level, above = level_of(code), parent_code(code)
    except BadCode as error:
        raise Invalid(str(NO_CODE[error.flaw])) from None
    if isinstance(row, Grid):
        fits = level is Level.GRID and len(code) == len(row.code)
        parent: str | None = row.parent.code if row.parent else row.community.code
    else:
        fits = level == row.level
        parent = row.parent.code if row.parent else None
    if not fits:
        raise Invalid(_("This is a code of another level than “%(name)s”.") % {"name": row.name})
    if parent is not None and above != parent:
        rule = _("The code must begin as that of the division or grid above: %(parent)s")
        raise Invalid(rule % {"parent": prefix(parent)})


def _check_free(code: str) -> None:
    start = prefix(code)
    below = {"code__gte": start, "code__lte": start.ljust(len(start) + 19, "9")}
    taken = Division.objects.filter(**below).first() or Grid.objects.filter(**below).first()
    if taken is not None:
        rule = _("The code %(code)s is taken: %(name)s")
        raise Conflict(rule % {"code": taken.code, "name": taken.name})


def move(old: str, new: str, today: date) -> None:
    """Give everything below the prefix `old` codes that begin with `new` instead."""
    values: dict[str, Any] = {"old": old, "new": new, "length": len(old), "today": today}
    with connection.cursor() as cursor:
        for names in TABLES:
            cursor.execute(CASCADE.format(**names), values)
            moved = list(zip(*cursor.fetchall(), strict=True)) or [(), (), ()]
            ids, codes, called = (list(column) for column in moved)
            begin: dict[str, Any] = {"ids": ids, "codes": codes, "called": called, "today": today}
            cursor.execute(BEGIN.format(**names), begin)
            cursor.execute(REJOIN.format(**names), values)
            again = cursor.fetchone()[0]
            if again:
                cursor.execute(REOPEN.format(**names), {"ids": again})
        cursor.execute(IMPORTS, {"old": old, "new": new})
    scopes.follow(old, new)
