"""Changing the fields of one thing, and deleting a place."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid
from gis_server.models import User
from gis_server.roles import in_scope
from grids.models import (
    Assignment,
    Division,
    DivisionDesignation,
    Edit,
    Grid,
    GridDesignation,
    Place,
    Thing,
)
from grids.services import history
from grids.services.state import (
    FIELDS,
    MODELS,
    PLACES,
    State,
    put,
    state_of,
    whole_state_of,
    word_for,
)

Named = Division | Grid
# About 20 km: whoever is out by more than that has mistaken something else than a side of a street.
FAR_DEG = 0.2


@transaction.atomic
def change(
    *,
    thing: Thing,
    thing_id: int,
    seen: State,
    new: State,
    by: User,
    now: datetime,
    undoes: Edit | None = None,
) -> Edit | None:
    """Write the fields of `new` that differ, if all that would change is still as it was seen.

    Two editors may press the button together: the row is locked, the second finds that what it
    would overwrite is not what its editor saw.  None when nothing differs.

    Args:
        seen: what the editor's page showed, at least of the fields in `new`.

    Raises:
        NotFound: no such thing in the user's reach.
        Conflict: somebody else was first; the sentence says who, and what they changed.
        Invalid: a value breaks a rule, or would take the thing out of the user's reach.
    """
    history.hold_codes_still()
    row = history.locked(thing, thing_id, by)
    stranger = set(new) - set(FIELDS[thing])
    if stranger:
        raise Invalid(_("These fields cannot be edited: %(names)s") % {"names": sorted(stranger)})
    stored = state_of(row, new)
    differing = {name: value for name, value in new.items() if stored[name] != value}
    for name in differing:
        if stored[name] != seen.get(name):
            history.refuse(row, name, stored[name])
    if not differing:
        return None
    before = {name: stored[name] for name in differing}
    _save(row, differing)
    if "name" in differing and isinstance(row, (Division, Grid)):
        designate(row, timezone.localdate(now))
    _stay_in_reach(row, by)
    verb = "moved" if set(differing) == {"point"} else "changed"
    return history.write(
        row, before=before, after=differing, verb=verb, by=by, now=now, undoes=undoes
    )


def _save(row: models.Model, values: State) -> None:
    put(row, values)
    others = {field.name for field in row._meta.concrete_fields} - set(values)
    try:
        row.clean_fields(exclude=others)
        with transaction.atomic():
            row.save(update_fields=list(values))
    except ValidationError as error:
        raise Invalid(_sentence(row, error)) from None
    except IntegrityError as error:
        raise Invalid(broken_rule(error)) from None


def _sentence(row: models.Model, error: ValidationError) -> str:
    """All that is wrong, each with the name of its field."""
    told = [
        f"{word_for(type(row), name)}: {' '.join(sentences)}"
        for name, sentences in error.message_dict.items()
    ]
    return " ".join(told)


def broken_rule(error: IntegrityError) -> str:
    """A refusal of the database in words; its rules carry names that say what they are."""
    name = str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
    if name.endswith("_has_a_point_or_an_address"):
        return _("Without a position there must be an address.")
    sentences = {
        "one_assignment_per_worker_grid_role_and_day": _(
            "This person already holds the grid in this role on some of these days."
        ),
        "assignment_is_valid_for_some_day": _("The last day must not lie before the first."),
        "nobody_stands_in_for_themselves": _("Nobody stands in for themselves."),
    }
    other = _("This breaks the rule “%(rule)s”.") % {"rule": name.replace("_", " ")}
    return sentences.get(name, other)


def _stay_in_reach(row: models.Model, by: User) -> None:
    """
    Raises:
        Invalid: the row lies in somebody else's territory, or its point far from any.
    """
    if not isinstance(row, Place):
        return
    row.refresh_from_db(fields=["grid", "scope_code"])
    if not in_scope(by, row.scope_code):
        raise Invalid(_("This position lies in a territory that is not yours."))
    drawn = Division.objects.exclude(shape=None)
    if row.point is None or row.grid_id is not None or not drawn.exists():
        return
    if not drawn.filter(shape__dwithin=(row.point, FAR_DEG)).exists():
        raise Invalid(_("This position is far from your district. Is the coordinate frame right?"))


def designate(row: Named, today: date) -> None:
    """Let the history of codes and names say, from today on, what the row says.

    What was changed today already is overwritten; what is again as it was yesterday goes on.
    """
    names = GridDesignation.objects if isinstance(row, Grid) else DivisionDesignation.objects
    own: Any = names.filter(**{"grid" if isinstance(row, Grid) else "division": row})
    current = own.filter(valid__endswith=None).first()
    if current is not None and current.valid.lower == today:
        current.delete()
    elif current is not None:
        own.filter(pk=current.pk).update(valid=DateRange(current.valid.lower, today))
    last = own.filter(valid__endswith=today, code=row.code, name=row.name).first()
    if last is not None:
        own.filter(pk=last.pk).update(valid=DateRange(last.valid.lower, None))
        return
    names.create(
        **{"grid" if isinstance(row, Grid) else "division": row},
        code=row.code,
        name=row.name,
        valid=DateRange(today, None),
    )


@transaction.atomic
def delete(
    *,
    thing: Thing,
    thing_id: int,
    seen: State,
    by: User,
    now: datetime,
    undoes: Edit | None = None,
) -> Edit:
    """Delete a place or an assignment, if it still is what was seen; `undo` makes it again.

    Raises:
        NotFound: no such thing in the user's reach.
        Conflict: somebody has changed it.
        Invalid: things of this kind are not deleted.
    """
    history.hold_codes_still()
    if thing not in (*PLACES, Thing.ASSIGNMENT):
        raise Invalid(_("Things of this kind are not deleted here."))
    row = history.locked(thing, thing_id, by)
    whole = whole_state_of(row)
    for name in FIELDS[thing]:
        if whole[name] != seen.get(name):
            history.refuse(row, name, whole[name])
    edit = history.write(row, before=whole, after={}, verb="deleted", by=by, now=now, undoes=undoes)
    row.delete()
    return edit


@transaction.atomic
def restore(*, edit: Edit, by: User, now: datetime) -> Edit:
    """Make again what an edit deleted, under its old id.

    Raises:
        Conflict: it is there, or something else has taken its code or its days.
        Invalid: it would lie in a territory that is not the user's.
    """
    history.hold_codes_still()
    model = MODELS[Thing(edit.thing)]
    row = model(pk=edit.thing_id)
    put(row, edit.before)
    if model._default_manager.filter(pk=edit.thing_id).exists():
        raise Conflict(_("It is there again already."))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(broken_rule(error)) from None
    _stay_in_reach(row, by)
    if isinstance(row, Assignment) and not in_scope(by, row.grid.code):
        raise Invalid(_("This grid lies in a territory that is not yours."))
    return history.write(
        row, before={}, after=edit.before, verb="restored", by=by, now=now, undoes=edit
    )
