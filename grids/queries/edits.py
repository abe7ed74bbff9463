"""The edits that a page shows, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q
from grids.models import Edit, Grid, GridWorker, Thing
from grids.queries.places import below
from grids.services.state import FIELDS, MODELS, word_for


@dataclass(frozen=True)
class FieldChange:
    """One field of an edit, in words."""

    word: str
    before: str
    after: str


@dataclass(frozen=True)
class EditRow:
    """One edit as pages show it."""

    id: int
    at: datetime
    who: str
    thing: str
    label: str
    created: bool
    deleted: bool
    changes: list[FieldChange]
    undoes: int | None
    undone: bool


def edits_of(thing: Thing, thing_id: int, page: Page) -> tuple[int, list[EditRow]]:
    """The edits of one thing and of the assignments to it, newest first.  Four queries at most."""
    about = Q(thing=thing, thing_id=thing_id)
    if thing is Thing.GRID:
        about |= Q(about_grid=thing_id)
    if thing is Thing.WORKER:
        about |= Q(about_worker=thing_id)
    return _piece(Edit.objects.filter(about), page)


def edits_below(user: User, prefix: str, page: Page) -> tuple[int, list[EditRow]]:
    """The edits of all that lay below a prefix when it was edited.  Four queries at most."""
    found = Edit.objects.filter(scope_q(user, "scope_code"), below(prefix))
    return _piece(found, page)


def edit_of_mine(user: User, edit_id: int) -> EditRow | None:
    """An edit that the user has just made, if it is not undone yet."""
    rows = Edit.objects.filter(pk=edit_id, user_id=user.pk, undone_by=None)
    return next(iter(_told(rows.select_related("undone_by"))), None)


def _piece(found: models.QuerySet[Edit], page: Page) -> tuple[int, list[EditRow]]:
    rows = found.select_related("undone_by").order_by("-id")
    return found.count(), _told(rows[page.offset : page.offset + page.limit])


def _told(edits: Iterable[Edit]) -> list[EditRow]:
    rows = list(edits)
    names = _names(rows)
    return [
        EditRow(
            id=edit.pk,
            at=edit.at,
            who=edit.who,
            thing=str(Thing(edit.thing).label),
            label=edit.label,
            created=not edit.before,
            deleted=not edit.after,
            changes=_changes(edit, names),
            undoes=edit.undoes_id,
            undone=hasattr(edit, "undone_by"),
        )
        for edit in rows
    ]


Names = dict[tuple[str, int], str]


def _names(edits: Iterable[Edit]) -> Names:
    """What the staff and grids that assignments name are called; two queries, or none."""
    values = [
        side
        for edit in edits
        if edit.thing == Thing.ASSIGNMENT
        for side in (edit.before, edit.after)
    ]
    staff = {side.get(name) for side in values for name in ("worker", "stands_in_for")} - {None}
    grids = {side.get("grid") for side in values} - {None}
    names: Names = {}
    if staff:
        rows = GridWorker.objects.filter(pk__in=staff).values_list("pk", "name")
        names |= {("worker", key): name for key, name in rows}
    if grids:
        known = Grid.objects.filter(pk__in=grids).values_list("pk", "name")
        names |= {("grid", key): name for key, name in known}
    return names


# What is deleted or comes back is told by what people know it by, not by all its columns.
TOLD = {"worker", "grid", "role", "stands_in_for", "valid", "name", "address", "point", "kind"}


def _changes(edit: Edit, names: Names) -> list[FieldChange]:
    thing = Thing(edit.thing)
    whole = not edit.before or not edit.after
    wanted = [*FIELDS[thing], "code", "worker", "grid", "role", "stands_in_for"]
    fields = sorted(
        (set(edit.before) | set(edit.after)) & (TOLD if whole else set(wanted)), key=wanted.index
    )
    told = [
        FieldChange(
            word_for(MODELS[thing], name),
            in_words(thing, name, edit.before.get(name), names),
            in_words(thing, name, edit.after.get(name), names),
        )
        for name in fields
    ]
    return [one for one in told if not whole or one.before or one.after]


def _field(thing: Thing, name: str) -> Any:
    return MODELS[thing]._meta.get_field(name)


def in_words(thing: Thing, name: str, value: Any, names: Names) -> str:
    """A stored value as people read it; "" where there is none."""
    if value in (None, ""):
        return ""
    if name == "valid":
        return days_in_words(*(date.fromisoformat(day) if day else None for day in value))
    if name == "point":
        return f"{value[0]:.6f}, {value[1]:.6f}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in {"worker", "stands_in_for", "grid"}:
        return names.get(("grid" if name == "grid" else "worker", value), f"#{value}")
    choices = dict(_field(thing, name).flatchoices)
    return str(choices.get(value, value))


def days_in_words(first: date | None, after: date | None) -> str:
    """A range of days with its last day, which the stored range leaves out."""
    begin = first.isoformat() if first else "…"
    if after is None:
        return _("from %(first)s") % {"first": begin}
    return f"{begin} – {(after - timedelta(days=1)).isoformat()}"
