"""Taking an edit back, by another edit."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, NotFound
from gis_server.models import User
from grids.models import Edit, Thing
from grids.services import history
from grids.services.change import change, delete, restore
from grids.services.renumber import renumber


@transaction.atomic
def undo(*, edit_id: int, by: User, now: datetime) -> Edit:
    """Restore what was before an edit, if nothing has changed since.

    Two may press the button together: the edit is locked, so it is undone once.

    Raises:
        NotFound: no such edit, or of nothing in the user's reach.
        Conflict: undone already, or what it wrote has been changed since.
    """
    # Before the edit's row, as every other edit: otherwise two could wait for each other.
    edit = Edit.objects.filter(pk=edit_id).first()
    if edit is None:
        raise NotFound(history.gone())
    history.hold_codes_still(alone="code" in edit.before and "code" in edit.after)
    edit = Edit.objects.select_for_update().get(pk=edit_id)
    taken_back = Edit.objects.filter(undoes=edit).first()
    if taken_back is not None:
        rule = _("%(who)s has undone this already, at %(time)s.")
        at = timezone.localtime(taken_back.at).strftime("%Y-%m-%d %H:%M")
        raise Conflict(rule % {"who": taken_back.who, "time": at})
    done = _take_back(edit, by, now)
    if done is None:
        raise Conflict(_("There is nothing to undo: all is as it was before."))
    return done


def _take_back(edit: Edit, by: User, now: datetime) -> Edit | None:
    thing = Thing(edit.thing)
    if not edit.after:
        return restore(edit=edit, by=by, now=now)
    if not edit.before:
        return delete(
            thing=thing, thing_id=edit.thing_id, seen=edit.after, by=by, now=now, undoes=edit
        )
    if "code" in edit.after:
        return renumber(
            thing=thing,
            thing_id=edit.thing_id,
            seen=edit.after["code"],
            code=edit.before["code"],
            by=by,
            now=now,
            undoes=edit,
        )
    return change(
        thing=thing,
        thing_id=edit.thing_id,
        seen=edit.after,
        new=edit.before,
        by=by,
        now=now,
        undoes=edit,
    )
