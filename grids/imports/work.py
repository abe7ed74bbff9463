"""The work of an import, as jobs and commands do it: look into the file, check it, write it.

Each is one transaction (or none of it), except for the progress, which the cache holds: a job that
is killed leaves the registry as it was, and `queue.pick_up` sets its import back.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from redis.exceptions import RedisError

from gis_server import audit, live, quarantine
from gis_server.live import Change
from grids.imports import homes
from grids.imports.digest import columns_digest
from grids.imports.flow import Step
from grids.imports.frame_choice import ask_known_places, name_of, vertices
from grids.imports.headers import SYNONYMS, guess
from grids.imports.into import MOST_FAULTS, Comparison, Found, Work, into
from grids.imports.layer import Batch, Layer, Source
from grids.imports.limits import LIMITS
from grids.imports.problems import Problem, Refused
from grids.imports.reading import Reading, coordinates_of, frame_of_wkt, read_rows
from grids.imports.services import drop_file, forget, move, path_of
from grids.imports.source import TAKEN_OUT, open_source
from grids.imports.stage import Stage, stage_columns
from grids.imports.targets import TARGETS, Target
from grids.models import ImportFault, ImportMapping, ImportRun, ImportTarget
from grids.services import history

SHOWN_ROWS = 5  # of each layer, so that a person sees what a column holds
SAMPLED_ROWS = 2_000  # that the guess of the frame looks at
PROGRESS_S = 3600

Tell = Callable[[int], None]


# Looking into the file ---------------------------------------------------------------------------
def inspect(run: ImportRun, *, now: datetime) -> ImportRun:
    """Note what the file holds, and offer a reading of it."""
    try:
        with open_source(path_of(run), name=run.source_name, limits=LIMITS) as source:
            layers = [_shown(source, layer) for layer in source.layers]
            usable = [one for one in source.layers if one.refused is None]
            layer = max(usable, key=lambda one: _fit(run.target, one))
            fields = _offer(run, source, layer)
    except Refused as error:
        refused = _refuse(run, error, Step.REFUSED, now)
        drop_file(refused)
        return refused
    return move(run, Step.WAITING, now=now, layers=layers, layer=layer.name, **fields)


def _refuse(run: ImportRun, error: Refused, then: Step, now: datetime) -> ImportRun:
    details = {name: _plain(value) for name, value in error.details.items()}
    return move(run, then, now=now, problem=error.problem.value, details=details)


def _shown(source: Source, layer: Layer) -> dict[str, Any]:
    rows: list[dict[str, str]] = []
    refused = layer.refused
    if refused is None:
        batch = next(iter(source.batches(layer, SHOWN_ROWS)), None)
        if batch is not None:
            taken = batch.table.slice(0, SHOWN_ROWS).to_pylist()
            rows = [{name: _cell(value) for name, value in row.items()} for row in taken]
    return {
        "name": layer.name,
        "columns": list(layer.columns),
        "geometry": layer.geometry or "",
        "frame": name_of(layer.frame) if layer.frame else "",
        "crs": layer.crs_text,
        "count": layer.count,
        "rows": rows,
        "refused": [refused.problem.value, refused.details] if refused else None,
    }


def _cell(value: object) -> str:
    return "" if value is None else str(value)[:80]


def _fit(target: str, layer: Layer) -> tuple[int, int]:
    """Which layer is meant: the one most of whose columns are fields, then the largest."""
    return len(guess(layer.columns, _words(TARGETS[target]))), layer.count or 0


def _words(target: Target) -> dict[str, tuple[str, ...]]:
    names = [field.name for field in (*target.fields, *target.position)]
    return {name: SYNONYMS.get(name, ()) for name in names}


def _offer(run: ImportRun, source: Source, layer: Layer) -> dict[str, Any]:
    """The reading of the last such file, else a guess; and what the known places say."""
    kept = ImportMapping.objects.filter(
        target=run.target, columns=columns_digest(layer.columns)
    ).first()
    target = TARGETS[run.target]
    mapping = kept.mapping if kept else guess(layer.columns, _words(target))
    if not kept and layer.geometry:
        mapping = {k: v for k, v in mapping.items() if k not in ("lon", "lat", "wkt")}
    batch = next(iter(source.batches(layer, SAMPLED_ROWS)), None) if target.shape else None
    said = _what_places_say(batch, mapping) if batch else {}
    named = layer.frame or (frame_of_wkt(batch, mapping) if batch else None)
    stated = name_of(named) if named else ""
    # A layer goes to and fro between programs: its columns stay, its frame need not.
    same = kept if run.target != ImportTarget.PLANS else None
    frame = same.frame if same else stated or said.get("frame", "")
    exchange = same.exchange_axes if same else bool(said.get("swapped"))
    return {"mapping": mapping, "frame": frame, "guess": said, "exchange_axes": exchange}


def _what_places_say(batch: Batch, mapping: dict[str, str]) -> dict[str, Any]:
    found = coordinates_of(batch, mapping)
    if found is None and batch.geometry is not None:
        found = vertices(batch.geometry)
    return ask_known_places(*found).stored() if found else {}


# The dry run -------------------------------------------------------------------------------------
def check(run: ImportRun, *, now: datetime) -> ImportRun:
    """Read all rows, compare them with the registry, and store the report."""
    work = work_of(run)
    try:
        with transaction.atomic(), _telling(run) as tell:
            ImportFault.objects.filter(run=run).delete()
            work.stage.create()
            counts = _read(run, work, tell)
            report = _report(run, work) if not counts["faults"] else {}
            fields = {
                "rows": counts["rows"],
                "fault_counts": counts["faults"] | report.pop("faults", {}),
                "counts": report.pop("counts", {}),
                "samples": report.pop("samples", []),
                "registry_token": homes.token(work.today),
            }
            return move(run, Step.CHECKED, now=now, **fields)
    except Refused as error:
        return _refuse(run, error, Step.WAITING, now)


def work_of(run: ImportRun) -> Work:
    target = TARGETS[run.target]
    fields = {field.name: field.sql for field in target.fields}
    return Work(
        target=target,
        stage=Stage(run.id, stage_columns(fields, target.shape)),
        fields=tuple(field.name for field in target.mapped(run.mapping)),
        scope=run.scope,
        valid_from=run.valid_from,
        today=_today(),
        retire_absent=run.retire_absent,
        source_name=run.source_name,
        by=run.applied_by,
    )


def _today() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT grids_today()")
        return cursor.fetchone()[0]


def _read(run: ImportRun, work: Work, tell: Tell) -> dict[str, Any]:
    reading = Reading(work.target, run.mapping, run.frame, run.exchange_axes)
    rows = 0
    with open_source(path_of(run), name=run.source_name, limits=LIMITS) as source:
        layer = next((one for one in source.layers if one.name == run.layer), None)
        if layer is None:
            raise Refused(Problem.NO_ROWS)
        with work.stage.filling() as add:
            for staged in read_rows(source, layer, reading, work.today):
                rows += staged.count
                add(staged.table)
                tell(rows)
        faults = reading.faults
    if not rows and not faults.counts:
        raise Refused(Problem.NO_ROWS)
    _store_faults(run, [Found(f.problem, f.row, f.column, f.details) for f in faults])
    work.stage.analyze()
    refusing = {p.value: n for p, n in faults.counts.items() if p not in reading.notes}
    return {"rows": rows, "faults": refusing}


def _report(run: ImportRun, work: Work) -> dict[str, Any]:
    """What only the registry can tell: faults, else what applying would change."""
    module = into(run.target)
    module.prepare(work)
    found = list(module.find_faults(work))
    _store_faults(run, found)
    if found:
        counts: dict[str, int] = {}
        for one in found:
            counts[one.problem.value] = counts.get(one.problem.value, 0) + 1
        return {"faults": counts}
    comparison: Comparison = module.compare(work)
    return {"counts": comparison.counts, "samples": comparison.samples}


def _store_faults(run: ImportRun, found: list[Found]) -> None:
    kept: dict[Problem, int] = {}
    rows = []
    for one in found:
        kept[one.problem] = kept.get(one.problem, 0) + 1
        if kept[one.problem] <= MOST_FAULTS:
            rows.append(
                ImportFault(
                    run=run,
                    row=one.row,
                    column=one.column[:200],
                    problem=one.problem.value,
                    details={k: _plain(v) for k, v in one.details.items()},
                    place=one.place,
                )
            )
    ImportFault.objects.bulk_create(rows, batch_size=1000)


def _plain(value: object) -> object:
    """A detail as JSON holds it: numbers as they are, anything else as short text."""
    return value if isinstance(value, (int, float)) else str(value)[:200]


# Writing -----------------------------------------------------------------------------------------
def write(run: ImportRun, *, now: datetime) -> ImportRun:
    """Write all rows, or none: the registry must still be what the dry run saw."""
    work = work_of(run)
    try:
        with transaction.atomic():
            written = _written(run, replace(work, seen=True), now)
    except Refused as error:
        return _refuse(run, error, Step.CHECKED, now)
    except OperationalError as error:
        if type(error.__cause__).__name__ != "LockNotAvailable":
            raise
        return _refuse(run, Refused(Problem.REGISTRY_BUSY), Step.CHECKED, now)
    drop_file(written)
    return written


def _written(run: ImportRun, work: Work, now: datetime) -> ImportRun:
    module = into(run.target)
    history.hold_codes_still(alone=True)  # nor does anybody edit meanwhile
    if not work.stage.exists():
        raise Refused(Problem.ROWS_GONE)
    stale = homes.token(work.today) != run.registry_token
    if stale or next(iter(module.find_faults(work)), None) is not None:
        raise Refused(Problem.REGISTRY_CHANGED)
    if module.compare(work).counts != run.counts:
        raise Refused(Problem.REGISTRY_CHANGED)
    made = module.write(work)
    audit.note(
        by=run.applied_by,
        action="import.applied",
        subject=run.id,
        scope=run.scope,
        detail={"kind": run.target, "file": run.source_name, "counts": run.counts},
    )
    run = move(run, Step.APPLIED, now=now, details=dict(made or {}))
    work.stage.drop()
    live.record(Change("shapes", "", run.scope))
    return run


# Progress, and work that broke off ---------------------------------------------------------------
@contextmanager
def _telling(run: ImportRun) -> Iterator[Tell]:
    """A way to say how many rows are read; without Redis nobody hears it, and nothing stops."""
    of = next((one["count"] for one in run.layers if one["name"] == run.layer), None)

    def tell(rows: int) -> None:
        try:
            cache.set(_key(run), {"rows": rows, "of": of}, PROGRESS_S)
        except (RedisError, OSError):
            return

    yield tell


def _key(run: ImportRun) -> str:
    return f"import-progress-{run.id}"


def progress(run: ImportRun) -> dict[str, Any]:
    """{"rows": read so far, "of": all or None}; zero when nothing is known."""
    try:
        return dict(cache.get(_key(run)) or {"rows": 0, "of": None})
    except (RedisError, OSError):
        return {"rows": 0, "of": None}


def drop_old(*, before: datetime) -> int:
    """Forget rows and files of imports that nobody came back to, and files of those that ended.

    Also what a process that was killed had taken in, or out of archives.
    """
    for folder in Path(gettempdir()).glob(f"{TAKEN_OUT}*"):
        if folder.stat().st_mtime < before.timestamp():
            shutil.rmtree(folder, ignore_errors=True)
    ended = [Step.APPLIED.value, Step.REFUSED.value, Step.DISCARDED.value]
    old = ImportRun.objects.filter(step_at__lt=before).exclude(file="")
    for run in old:
        forget(run)
        if run.step in ended:
            ImportRun.objects.filter(id=run.id).update(file="")
        elif run.step in (Step.WAITING.value, Step.CHECKED.value):
            move(run, Step.DISCARDED, now=run.step_at, file="")
    named = ImportRun.objects.exclude(file="").values_list("file", flat=True)
    quarantine.drop_left(named=named, before=before)
    return len(old)
