"""The row that every edit leaves, and what is said of an edit that came first."""

from datetime import datetime
from typing import Any, NoReturn

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import audit, live
from gis_server.errors import Conflict, NotFound
from gis_server.models import User
from gis_server.roles import in_scope
from grids.models import Assignment, Edit, GridWorker, Thing
from grids.services.state import MODELS, State, thing_of, word_for

# Renumbering holds it alone, every other edit together with others: no point may be put into a
# grid under the code that the grid is just losing.  Any fixed number nobody else uses.
TERRITORY_LOCK = 7_214_011


def hold_codes_still(*, alone: bool = False) -> None:
    """Let nobody renumber (or, `alone`, edit at all) until the caller's transaction ends."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [TERRITORY_LOCK])


def locked(thing: Thing, thing_id: int, by: User) -> models.Model:
    """The row, kept from other edits until the transaction ends.

    Raises:
        NotFound: no such row, or none in the user's reach.
    """
    row = MODELS[thing]._default_manager.select_for_update(of=("self",)).filter(pk=thing_id).first()
    if row is None or not may_edit(by, row):
        raise NotFound(gone())
    return row


def gone() -> str:
    return _("There is no such thing in your territory (any more).")


def may_edit(user: User, row: models.Model) -> bool:
    """Whether the row lies in the user's reach.

    Staff belong to whoever has one of the grids that they look after today or will; those that look
    after none, to whoever has one that they did, and to anybody when there never was one.
    """
    if not isinstance(row, GridWorker):
        return in_scope(user, scope_of(row))
    held = list(Assignment.objects.filter(worker=row).values_list("grid__code", "valid"))
    today = timezone.localdate()
    running = [code for code, valid in held if valid.upper is None or valid.upper > today]
    codes = running or [code for code, _days in held]
    return not codes or any(in_scope(user, code) for code in codes)


def scope_of(row: models.Model) -> str:
    """The code that decides who may know of a row; "" for staff that look after nothing."""
    if isinstance(row, Assignment):
        return str(row.grid.code)
    if isinstance(row, GridWorker):
        newest = Assignment.objects.filter(worker=row).order_by("-valid", "id")
        return newest.values_list("grid__code", flat=True).first() or ""
    return str(getattr(row, "scope_code", None) or getattr(row, "code", ""))


def write(
    row: models.Model,
    *,
    before: State,
    after: State,
    verb: str,
    by: User,
    now: datetime,
    undoes: Edit | None = None,
) -> Edit:
    """Add the edit, its audit row and the change that open pages hear of; the caller commits."""
    thing, scope = thing_of(row), scope_of(row)
    edit = Edit.objects.create(
        thing=thing,
        thing_id=row.pk,
        about_worker=row.worker_id if isinstance(row, Assignment) else 0,
        about_grid=row.grid_id if isinstance(row, Assignment) else 0,
        label=label_of(row),
        scope_code=scope,
        before=before,
        after=after,
        user_id=by.pk,
        who=by.get_full_name(),
        at=now,
        undoes=undoes,
    )
    detail: dict[str, Any] = {"before": before, "after": after, "edit": edit.pk}
    if undoes:
        detail["undoes"] = undoes.pk
    subject = getattr(row, "code", None) or getattr(row, "number", None) or row.pk
    audit.note(by=by, action=f"{thing}.{verb}", subject=subject, scope=scope, detail=detail)
    live.record(live.Change("territory", f"{thing}-{row.pk}", scope, {"thing": str(thing)}))
    return edit


def label_of(row: models.Model) -> str:
    if isinstance(row, Assignment):
        return f"{row.worker.name} {row.grid.name}"[:120]
    return str(getattr(row, "name", ""))[:120]


def refuse(row: models.Model, field: str, now_is: Any) -> NoReturn:
    """Tell an editor who has changed what in the meantime.

    Raises:
        Conflict: always.
    """
    edits = Edit.objects.filter(thing=thing_of(row), thing_id=row.pk, after__has_key=field)
    last = edits.first()
    word = word_for(type(row), field)
    if last is None or last.after[field] != now_is:
        rule = _(
            "“%(field)s” is no longer what you saw: an import or somebody else has changed it to"
            " “%(now)s”. Look at it and send again if yours should stand."
        )
        raise Conflict(rule % {"field": word, "now": now_is})
    rule = _(
        "%(who)s changed “%(field)s” from “%(before)s” to “%(after)s” at %(time)s."
        " Look at it and send again if yours should stand."
    )
    raise Conflict(
        rule
        % {
            "who": last.who,
            "field": word,
            "before": _plain(last.before.get(field)),
            "after": _plain(last.after[field]),
            "time": timezone.localtime(last.at).strftime("%Y-%m-%d %H:%M"),
        }
    )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join("…" if part is None else str(part) for part in value)
    return "–" if value in (None, "") else str(value)
