"""What people do with an import: begin it, say what its columns mean, apply it, discard it.

The work itself is done by jobs (`imports.work`); here a step is taken by compare-and-set, so of two
who press together one succeeds, and the audit row is written with it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from gis_server import audit, disk, quarantine
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from gis_server.models import User
from gis_server.roles import Permission, covers, may
from grids.imports.digest import columns_digest
from grids.imports.flow import Step, may_follow
from grids.imports.frame_choice import UnknownFrame, frame_named
from grids.imports.limits import LIMITS, MIB
from grids.imports.problems import Problem
from grids.imports.stage import Stage
from grids.imports.targets import LAT, LON, TARGETS, WKT
from grids.imports.texts import sentence
from grids.models import ImportMapping, ImportRun, ImportTarget
from grids.plans.drafts import check_territory


def begin(
    *,
    content: BinaryIO,
    source_name: str,
    target: str,
    scope: str,
    valid_from: date,
    by: User | None,
    now: datetime,
) -> ImportRun:
    """Take a file in; a job looks into it next.

    scope: code prefix of the territory whose business the rows are.  by: None for a command.

    Raises:
        NotAllowed: the territory is not the user's.
        Invalid: an unknown kind, no territory, or a file over the limit.
        Unavailable: no room on the disk.
    """
    if target not in TARGETS:
        raise Invalid(_("There is no such kind of data to import."))
    if not (2 <= len(scope) <= 15 and scope.isascii() and scope.isdigit()):
        raise Invalid(_("Say for which territory the file is: the first digits of its code."))
    if target == ImportTarget.PLANS:
        _check_planner(scope, by)
    if by is not None and not covers(by.reach, scope):
        raise NotAllowed(_("This territory is not yours to import into."))
    kept = _keep(content)
    with transaction.atomic():
        run = ImportRun.objects.create(
            target=target,
            source_name=Path(source_name).name[:200] or "?",
            file=kept.file,
            size_bytes=kept.size_bytes,
            by=by,
            begun_at=now,
            step_at=now,
            scope=scope,
            valid_from=valid_from,
        )
        audit.note(by=by, action="import.begun", subject=run.id, scope=scope)
    return run


def _check_planner(scope: str, by: User | None) -> None:
    """A plan has an author who may draw it, and a territory of its own."""
    if by is None or not may(by.role, Permission.EDIT_TERRITORY):
        raise NotAllowed(_("Your role sees and approves plans, but does not draw them."))
    check_territory(scope)


def path_of(run: ImportRun) -> Path:
    return quarantine.path_of(run.file)


def _keep(content: BinaryIO) -> quarantine.Held:
    """Store a file under a name of our own; nothing stays of one too large."""
    try:
        return quarantine.take_in(content, LIMITS.file_bytes)
    except quarantine.TooLarge:
        raise Invalid(sentence(Problem.TOO_LARGE, {"limit_mb": LIMITS.file_bytes // MIB})) from None
    except disk.NoRoom:
        message = _("The server has no room for the file. Tell its administrator.")
        raise Unavailable(message) from None


def move(run: ImportRun, then: Step, *, now: datetime, **fields: object) -> ImportRun:
    """Take a step and store what comes with it, if nobody took one meanwhile.

    Raises:
        Conflict: the import is no longer where the caller saw it, or the step cannot follow.
    """
    seen = Step(run.step)
    moved = may_follow(seen, then) and ImportRun.objects.filter(
        id=run.id, step=seen.value, step_at=run.step_at
    ).update(step=then.value, step_at=now, **fields)
    if not moved:
        raise Conflict(_("This import has moved on meanwhile. Reload the page."))
    run.refresh_from_db()
    return run


@transaction.atomic
def confirm(
    run: ImportRun,
    *,
    layer: str,
    mapping: Mapping[str, str],
    frame: str,
    exchange_axes: bool,
    retire_absent: bool,
    by: User | None,
    now: datetime,
) -> ImportRun:
    """Say what the columns mean and have the dry run begin; remembered for the next such file.

    mapping: field → column; fields that are not there stay as they are in the registry.

    Raises:
        Invalid: no such layer, column, field or frame; a needed field is not mapped.
        Conflict: see `move`.
    """
    columns = _columns_of(run, layer)
    chosen = {name: column for name, column in mapping.items() if column}
    _check_mapping(run.target, chosen, columns)
    if frame:
        try:
            frame_named(frame)
        except UnknownFrame:
            raise Invalid(_("There is no such frame of coordinates.")) from None
    ImportMapping.objects.update_or_create(
        target=run.target,
        columns=columns_digest(columns),
        defaults={
            "mapping": chosen,
            "frame": frame,
            "exchange_axes": exchange_axes,
            "used_at": now,
        },
    )
    audit.note(by=by, action="import.checked", subject=run.id, scope=run.scope)
    return move(
        run,
        Step.CHECKING,
        now=now,
        layer=layer,
        mapping=chosen,
        frame=frame,
        exchange_axes=exchange_axes,
        retire_absent=retire_absent,
        problem="",
        details={},
    )


def _columns_of(run: ImportRun, layer: str) -> list[str]:
    for known in run.layers:
        if known["name"] == layer:
            return list(known["columns"])
    raise Invalid(_("The file has no such layer or sheet."))


def _check_mapping(target: str, mapping: Mapping[str, str], columns: list[str]) -> None:
    known = TARGETS[target]
    names = {field.name for field in (*known.fields, *known.position)}
    if unknown := set(mapping) - names:
        raise Invalid(_("There is no field %(name)s.") % {"name": min(unknown)[:40]})
    for column in mapping.values():
        if column not in columns:
            raise Invalid(_("The file has no column %(name)s.") % {"name": column[:80]})
    if (LON in mapping) != (LAT in mapping):
        raise Invalid(_("Name both columns of the position, east and north, or neither."))
    if WKT in mapping and LON in mapping:
        raise Invalid(_("Name either columns of the position or a column of shapes, not both."))
    missing = [str(f.label) for f in known.fields if f.needed and f.name not in mapping]
    if missing:
        words = _("Say which column holds: %(names)s.")
        raise Invalid(words % {"names": _(", ").join(missing)})


@transaction.atomic
def start_apply(run: ImportRun, *, by: User | None, now: datetime) -> ImportRun:
    """Have a job write what the dry run found.

    Raises:
        Conflict: not checked, checked with faults, or somebody was first.
    """
    if not run.may_be_applied:
        raise Conflict(_("Only an import that was checked without faults can be applied."))
    applier = by.pk if by else None
    return move(run, Step.APPLYING, now=now, applied_by_id=applier, problem="", details={})


def again(run: ImportRun, *, now: datetime) -> ImportRun:
    """Check once more with the same reading: the registry may have changed."""
    return move(run, Step.CHECKING, now=now, problem="", details={})


def discard(run: ImportRun, *, by: User | None, now: datetime) -> ImportRun:
    """Give an import up; its rows and its file go, the row and its report stay.

    Raises:
        Conflict: a job is at work on it, or it was applied.
    """
    with transaction.atomic():
        run = move(run, Step.DISCARDED, now=now)
        audit.note(by=by, action="import.discarded", subject=run.id, scope=run.scope)
    forget(run)
    return run


def forget(run: ImportRun) -> None:
    """Drop the staged rows and the file of an import that has ended."""
    Stage(run.id, {}).drop()
    drop_file(run)


def drop_file(run: ImportRun) -> None:
    """Remove what was sent: the import has ended, or it cannot be read."""
    if run.file:
        quarantine.remove(run.file)


def run_of(user: User, run_id: int) -> ImportRun:
    """An import within the user's reach.

    Raises:
        NotFound: none, or one of another territory, which must look the same.
    """
    run = ImportRun.objects.select_related("by", "applied_by").filter(id=run_id).first()
    if run is None or not covers(user.reach, run.scope):
        raise NotFound(_("There is no such import in your territory."))
    return run
