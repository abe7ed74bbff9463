"""An edited layer of grids as a boundary plan: compared with what is in force, and kept as a draft.

Nothing of the territory is written: the draft goes the way of any plan.  The layer holds all grids
of the communities that it names; what it does not name in them is gone, if its ground is another's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.ellipsoid import areas_m2
from gis_server.errors import DomainError
from gis_server.geo import WGS84
from grids import topology
from grids.codes import GRID_DIGITS
from grids.imports.coverage import pieces, told
from grids.imports.flow import Step
from grids.imports.into import (
    MOST_FAULTS,
    MOST_SAMPLES,
    Comparison,
    Found,
    Work,
    found_rows,
    grids,
)
from grids.imports.into.grids import PLACE
from grids.imports.problems import Problem
from grids.imports.stage import Stage
from grids.layer_diff import Difference, compared
from grids.models import ImportRun
from grids.plan_flow import LONGEST_TITLE
from grids.plans import services
from grids.plans.drafts import Draft, changes_of
from grids.plans.drawing import as_step
from grids.plans.looking_back.sides import Drawn, Side
from grids.plans.proof import findings, world_under
from grids.plans.texts import flaw_text
from grids.redrawing import BadRedrawing, Born, Flaw, Redrawing, Renamed, Reshaped, Retired
from grids.topology import LIMITS, Finding

MOST_GRIDS = 20_000
MOST_VERTICES = 50_000
"""Of one shape: more than the editor of plans opens."""
NEAR_DEG = 0.0001
IN_FORCE = """
    SELECT grid.code, grid.name, ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(today)s::date AND starts_with(grid.code, %(scope)s)
      AND (left(grid.code, 12) IN (SELECT left(code, 12) FROM {stage})
           OR drawn.shape && (SELECT ST_Expand(ST_Extent(shape)::geometry, %(near)s) FROM {stage}))
    ORDER BY grid.code"""
STAGED = "SELECT code, name, kind, row, ST_AsBinary(shape) FROM {stage} ORDER BY row"


def prepare(work: Work) -> None:
    """A grid without a name keeps the one that it has; a new one is named after its number."""
    work.stage.run(
        """UPDATE {stage} AS s SET name = grid.name FROM grids_grid AS grid
           WHERE grid.code = s.code AND grid.gone_on IS NULL AND s.name = ''"""
    )
    grids.prepare(work)


# ---- Faults --------------------------------------------------------------------------------------


def find_faults(work: Work) -> Iterator[Found]:
    """Those of codes first; of shapes only when the codes say which is which."""
    of_codes = list(_of_codes(work))
    yield from of_codes
    if not of_codes:
        yield from _of_shapes(work)


def _of_codes(work: Work) -> Iterator[Found]:
    yield from grids.faults_of_codes(work, above_in_force=False)
    yield from found_rows(
        work,
        Problem.CODE_OF_THE_PAST,
        f"""SELECT s.row, {PLACE}, s.code, grid.name FROM {{stage}} AS s
            JOIN grids_grid AS grid ON grid.code = s.code AND grid.gone_on IS NOT NULL
            ORDER BY s.row""",
        ("value", "name"),
        "code",
    )
    yield from found_rows(
        work,
        Problem.TOO_MANY_VERTICES,
        f"""SELECT s.row, {PLACE}, s.code, ST_NPoints(s.shape), {MOST_VERTICES} FROM {{stage}} AS s
            WHERE ST_NPoints(s.shape) > {MOST_VERTICES} ORDER BY s.row""",
        ("code", "count", "limit"),
    )
    [count] = work.stage.one("SELECT count(*) FROM {stage}")
    if count > MOST_GRIDS:
        yield Found(Problem.TOO_MANY_ROWS, details={"limit": MOST_GRIDS})


def _of_shapes(work: Work) -> Iterator[Found]:
    layer = _Layer(work)
    apart = [code for code, shape in layer.shapes.items() if shape.geom_type != "Polygon"]
    for code in apart[:MOST_FAULTS]:
        finding = Finding(topology.Fault.NOT_ONE_PIECE, code, layer.shapes[code], 0.0)
        yield told(finding, layer.rows[code])
    if apart:
        return
    difference = layer.difference
    for code, ground in difference.missing.items():
        yield Found(Problem.GRID_MISSING, None, "code", {"code": code}, _hex(ground))
    yield from (told(one, layer.rows.get(one.code)) for one in layer.thin())
    if difference.missing:
        return
    try:
        draft = layer.draft(work)
        if draft is None:
            return
        world = world_under(changes_of(draft), work.today)
    except BadRedrawing as error:
        yield Found(Problem.NO_PLAN, details={"why": _inner(flaw_text(error))})
        return
    except DomainError as error:
        yield Found(Problem.NO_PLAN, details={"why": _inner(str(error.message))})
        return
    for finding in findings(world):
        for piece in pieces(finding):
            yield told(piece, layer.rows.get(piece.code))


def _inner(sentence: str) -> str:
    """As it stands within another one."""
    return sentence.rstrip(".。")[:200]


def _hex(shape: shapely.Geometry) -> str:
    return str(shapely.to_wkb(shapely.set_srid(shape, WGS84), hex=True, include_srid=True))


# ---- The comparison ------------------------------------------------------------------------------


class _Layer:
    """The rows of a file beside what is in force."""

    def __init__(self, work: Work) -> None:
        staged = work.stage.rows(STAGED)
        self.rows = {code: row for code, _name, _kind, row, _wkb in staged}
        self.names = {code: name for code, name, *_ in staged}
        self.kinds = {code: kind for code, _name, kind, *_ in staged}
        self.shapes = _polygons((row[0], row[4]) for row in staged)
        values = {"today": work.today, "scope": work.scope, "near": NEAR_DEG}
        there = work.stage.rows(IN_FORCE, values)
        self.old_names = {code: name for code, name, _wkb in there}
        in_force = _polygons((code, wkb) for code, _name, wkb in there)
        communities = {code[:12] for code in self.shapes}
        self.known = {c: s for c, s in in_force.items() if c[:12] in communities}
        self.around = {c: s for c, s in in_force.items() if c[:12] not in communities}
        self._difference: Difference | None = None

    @property
    def difference(self) -> Difference:
        if self._difference is None:
            self._difference = compared(self.shapes, self.known, self.around)
        return self._difference

    def thin(self) -> list[Finding]:
        """Drawn grids that are too small or too narrow to be grids."""
        drawn = self.difference.reshaped | self.difference.born
        shapes = np.array([*drawn.values(), None], dtype=object)[:-1]
        sound = np.array([bool(shape.is_valid) for shape in shapes], dtype=bool)
        codes = [code for code, fine in zip(drawn, sound.tolist(), strict=True) if fine]
        return list(topology.thin_ones(codes, shapes[sound], LIMITS))

    def draft(self, work: Work) -> Draft | None:
        """The plan, without the step that draws it; None where nothing changes.

        Raises:
            BadRedrawing: more than a plan holds.
        """
        try:
            redrawing = self.redrawing()
        except BadRedrawing as error:
            if error.flaw is Flaw.NOTHING:
                return None
            raise
        title = _("From the file %(name)s") % {"name": work.source_name}
        return Draft(title[:LONGEST_TITLE], work.scope, work.today, [], redrawing)

    def redrawing(self) -> Redrawing:
        """Raises BadRedrawing."""
        found = self.difference
        in_force = self.known | self.around
        return Redrawing(
            reshaped=tuple(
                Reshaped(code, shape, in_force[code])
                for code, shape in (found.reshaped | found.noded).items()
            ),
            born=tuple(
                Born(
                    code, self.names[code], self.kinds[code], code[:12], shape,
                    found.sources[code][:100],
                )
                for code, shape in found.born.items()
            ),
            retired=tuple(
                Retired(code, heirs[:100], in_force[code]) for code, heirs in found.retired.items()
            ),
            renamed=tuple(self.renamed()),
        )  # fmt: skip

    def renamed(self) -> Iterator[Renamed]:
        found = self.difference
        for code in (*found.same, *found.reshaped):
            if code not in found.recoded and self.names[code] != self.old_names[code]:
                yield Renamed(code, code, self.names[code])
        for old, new in found.recoded.items():
            yield Renamed(old, new, self.names[new])


def _polygons(rows: Iterable[tuple[str, Any]]) -> dict[str, shapely.Polygon]:
    """Code → shape; several that are one piece are that piece."""
    known = list(rows)
    shapes = shapely.from_wkb([bytes(wkb) for _code, wkb in known])
    return {
        code: shape.geoms[0] if shape.geom_type == "MultiPolygon" and len(shape.geoms) == 1
        else shape
        for (code, _wkb), shape in zip(known, shapes, strict=True)
    }  # fmt: skip


def compare(work: Work) -> Comparison:
    layer = _Layer(work)
    found = layer.difference
    renamed = list(layer.renamed())
    notes = {
        "redrawn": len(found.reshaped),
        "recoded": len(renamed),
        "retired": len(found.retired),
        "noded": len(found.noded),
    }
    touched = set(found.reshaped) | {one.code for one in renamed}
    same = len(found.same) - len(found.same & touched)
    return Comparison(len(found.born), len(touched), same, None, notes, _samples(layer))


def _samples(layer: _Layer) -> list[dict[str, Any]]:
    """What would change, by grid: names, and square metres before and after."""
    found, names = layer.difference, {one.code: one for one in layer.renamed()}
    samples = [
        _sample(code, layer.names[code], "new", {"area_m2": (None, _area(shape))})
        for code, shape in found.born.items()
    ]
    for code in (*found.reshaped, *(code for code in names if code not in found.reshaped)):
        changes: dict[str, tuple[Any, Any]] = {}
        if code in found.reshaped:
            changes["area_m2"] = _area(layer.known[code]), _area(found.reshaped[code])
        if code in names:
            changes |= _names(code, layer.old_names[code], names[code])
        samples.append(_sample(code, layer.old_names[code], "changed", changes))
    samples += [
        _sample(code, layer.old_names[code], "gone", {"area_m2": (_area(layer.known[code]), None)})
        for code in found.retired
    ]
    return samples[:MOST_SAMPLES]


COMPARABLE = frozenset(
    {
        Problem.GRID_MISSING,
        Problem.GAP_OR_OVERLAP,
        Problem.UNCOVERED,
        Problem.OUTSIDE_PARENT,
        Problem.TOO_SMALL,
        Problem.TOO_NARROW,
        Problem.NO_PLAN,
    }
)
"""Faults of layers whose codes and shapes are sound: what they would change can be shown."""
MOST_COMPARED = 5_000


def is_comparable(run: ImportRun) -> bool:
    """Whether there is something to show beside what is in force.  Two queries."""
    known = {one.value for one in COMPARABLE}
    # What a layer with faults would change is not counted; one without may change nothing.
    changes = bool(run.fault_counts) or any(
        run.counts.get(name) for name in ("new", "changed", "retired")
    )
    stage = Stage(run.id, {})
    fits = run.step == Step.CHECKED and changes and set(run.fault_counts) <= known
    if not fits or not stage.exists():
        return False
    [count] = stage.one("SELECT count(*) FROM {stage}")
    return 0 < int(count) <= MOST_COMPARED


def both_sides(work: Work) -> tuple[Side, Side]:
    """The communities of the layer as they are in force, and as the layer has them; with what lies
    around.  Without parts of grids.
    """
    layer = _Layer(work)
    found, whole = layer.difference, layer.known | layer.around
    numbers = {code: k for k, code in enumerate(whole) if len(code) == GRID_DIGITS}
    before: dict[int | str, Drawn] = {
        k: Drawn(code, layer.old_names[code], whole[code]) for code, k in numbers.items()
    }
    names = {one.code: one for one in layer.renamed()}
    gone = found.retired.keys() | found.missing.keys()
    after: dict[int | str, Drawn] = {}
    for code, k in numbers.items():
        if code not in gone:
            new, shape = names.get(code), found.reshaped.get(code, whole[code])
            now, name = (new.new_code, new.name) if new else (code, layer.old_names[code])
            after[k] = Drawn(now, name, shape)
    for code, shape in found.born.items():
        if len(code) == GRID_DIGITS:
            after[code] = Drawn(code, layer.names[code], shape)
    return Side("", work.today, None, before), Side("", work.today, None, after)


def _names(code: str, name: str, renamed: Renamed) -> Mapping[str, tuple[str, str]]:
    pairs = {"code": (code, renamed.new_code), "name": (name, renamed.name)}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _sample(code: str, name: str, what: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    listed = {key: list(pair) for key, pair in changes.items()}
    return {"code": code, "name": name, "what": what, "changes": listed}


def _area(shape: shapely.Polygon) -> int:
    return round(float(areas_m2([shape])[0]))


def write(work: Work) -> Mapping[str, Any]:
    """Make the draft; its number, for the page that leads there."""
    draft = _Layer(work).draft(work)
    if draft is None or work.by is None:
        return {}
    operations = as_step(
        draft.redrawing,
        scope_code=draft.scope_code,
        day=draft.base_day,
        source=draft.title,
        otherwise={"op": "import", "run": work.stage.run_id},
    )
    draft = replace(draft, operations=operations)
    plan = services.make(draft=draft, by=work.by, now=timezone.now())
    return {"plan": plan.pk}
