"""What tests of edits share."""

from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from gis_server.models import User
from grids import services
from grids.models import Assignment, Edit, Grid, GridWorker, StaffRole, Thing
from grids.services.state import thing_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=timezone.get_default_timezone())
TODAY = date(2026, 11, 22)


def change(row: Model, by: User, *, seen: Any = None, now: datetime = NOW, **new: Any) -> Edit:
    """Change fields of a row as it is now, or as `seen`."""
    fresh = type(row)._default_manager.get(pk=row.pk)
    edit = services.change(
        thing=thing_of(row),
        thing_id=row.pk,
        seen=seen or services.state_of(fresh),
        new=new,
        by=by,
        now=now,
    )
    assert edit is not None
    return edit


def renumber(row: Any, code: str, by: User, now: datetime = NOW) -> Edit:
    row.refresh_from_db()
    edit = services.renumber(
        thing=thing_of(row), thing_id=row.pk, seen=row.code, code=code, by=by, now=now
    )
    assert edit is not None
    return edit


def assign(grid: Grid, worker: GridWorker, by: User, **more: Any) -> Assignment:
    values: dict[str, Any] = {
        "role": StaffRole.WORKER,
        "first": date(2026, 1, 1),
        "last": None,
        "stands_in_for": None,
    }
    edit = services.assign(worker=worker, grid=grid, by=by, now=NOW, **(values | more))
    assert edit.thing == Thing.ASSIGNMENT
    return Assignment.objects.get(pk=edit.thing_id)
