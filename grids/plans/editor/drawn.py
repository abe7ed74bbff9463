"""What of a drawn plan a page shows: a community's grids and those that touch them, as JSON."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from gis_server.ellipsoid import areas_m2
from grids.codes import DIVISION_DIGITS, BadCode, grid_code
from grids.models import BoundaryPlan, Division, PlanChange
from grids.models import Grid as GridRow
from grids.plan import Grid, Operation, Plan, Redraw, preview, written
from grids.plan_flow import OPEN
from grids.plans.step_texts import operation_text
from grids.plans.texts import finding_text
from grids.redrawing import shape_json
from grids.topology import Fault, Finding, prove_territory, repair

MOST_STEPS = 100
MOST_CHANGED = 500
Grids = dict[str, Grid]


def around(plan: Plan, community: str) -> Grids:
    """The grids of a community, and those of others that touch them, by key."""
    own = {key: grid for key, grid in plan.grids.items() if grid.community == community}
    if not own:
        return {}
    shapes = [grid.shape for grid in own.values()]
    near = plan.near(tuple(shapely.total_bounds(shapes).tolist()))
    others = {key: grid for key, grid in near.items() if key not in own}
    if not others:
        return own
    tree = shapely.STRtree(shapes)
    met = tree.query([grid.shape for grid in others.values()], predicate="intersects")[0]
    keys = list(others)
    return own | {keys[k]: others[keys[k]] for k in np.unique(met).tolist()}


def grids_json(plan: Plan, grids: Grids, community: str) -> list[dict[str, Any]]:
    """Each with its shape, every digit of it, and its area before the plan and now (m²)."""
    old = {key: plan.base.grids.get(key) for key in grids}
    now = areas_m2([grid.shape for grid in grids.values()])
    known = [key for key, grid in old.items() if grid is not None]
    noded = _only_noded(plan)
    was = dict(zip(known, areas_m2([plan.base.grids[key].shape for key in known]), strict=True))
    return [
        {
            "key": key,
            "code": grid.code,
            "name": grid.name,
            "people": list(grid.people),
            "own": grid.community == community,
            "changed": old[key] is not grid and key not in noded and old[key] != grid,
            "area_m2": round(float(area), 2),
            "area_before_m2": round(float(was[key]), 2) if key in was else None,
            "shape": shape_json(grid.shape),
        }
        for (key, grid), area in zip(grids.items(), now, strict=True)
    ]


def difference(before: Plan, after: Plan, community: str) -> dict[str, Any]:
    """Of what a page shows: the grids that are others now, and keys of those it shows no more."""
    old, new = around(before, community), around(after, community)
    other = {key: grid for key, grid in new.items() if old.get(key) is not grid}
    other = {key: grid for key, grid in other.items() if old.get(key) != grid}
    return {
        "grids": grids_json(after, other, community),
        "gone": sorted(old.keys() - new.keys()),
    }


def preview_json(before: Plan, after: Plan, community: str) -> dict[str, Any]:
    """The same of what is only tried: gone are those that would end, not those that would no longer
    touch the community."""
    told = difference(before, after, community)
    return told | {"gone": [key for key in told["gone"] if key not in after.grids]}


def state_json(row: BoundaryPlan, plan: Plan, community: str) -> dict[str, Any]:
    """What changes with every step besides shapes: revision, steps, findings, what is changed."""
    last = plan.steps[-1] if plan.steps else None
    stays = row.inverse_of_id is not None and len(plan.steps) == 1
    return {
        "revision": row.revision,
        "state": row.state,
        "editor": row.editor.get_full_name() if row.editor else "",
        "editor_id": row.editor_id,
        "changed_at": row.changed_at,
        "community": community,
        "locked": row.locked_grids,
        "undo": operation_text(last.operation, _names(plan)) if last and not stays else None,
        "redo": operation_text(plan.undone[-1], _names(plan)) if plan.undone else None,
        "last": _last(last.operation) if last else None,
        "steps": _steps(plan),
        "steps_total": len(plan.steps),
        "changed": _changed(plan),
        "half_dissolved": plan.half_dissolved,
        "findings": [finding_json(one) for one in findings(plan, community)],
        "next_code": next_code(plan, community),
    }


def _last(operation: Operation) -> dict[str, Any]:
    """By which a page knows its own step again; it sends none of a thousand shapes."""
    return {"do": operation.do} if isinstance(operation, Redraw) else written(operation)


def _names(plan: Plan) -> dict[str, str]:
    """By key, of every grid that there is or was."""
    names = {key: grid.name for step in plan.steps for key, grid in step.after.items() if grid}
    return {key: grid.name for key, grid in plan.base.grids.items()} | names


def _steps(plan: Plan) -> list[dict[str, Any]]:
    """The last ones, newest first."""
    names = _names(plan)
    return [
        {
            "number": len(plan.steps) - back,
            "do": step.operation.do,
            "text": operation_text(step.operation, names),
            "grids": step.sides,
        }
        for back, step in enumerate(list(reversed(plan.steps))[:MOST_STEPS])
    ]


def _changed(plan: Plan) -> list[dict[str, Any]]:
    """Grids that the plan makes others, nodes on borders aside."""
    only_noded = _only_noded(plan)
    pairs = plan.changed if plan.steps else _stored_changes(plan)
    return [
        {
            "key": key,
            "code": (new or old).code,  # type: ignore[union-attr]
            "name": (new or old).name,  # type: ignore[union-attr]
            "community": (new or old).community,  # type: ignore[union-attr]
            "kind": "born" if old is None else "gone" if new is None else "changed",
        }
        for key, (old, new) in pairs.items()
        if key not in only_noded
    ][:MOST_CHANGED]


def _only_noded(plan: Plan) -> set[str]:
    """Grids that got vertices on their borders, and whose land is the same."""
    sides = {key for step in plan.steps for key in step.sides}
    return {key for step in plan.steps for key in step.noded} - sides


def _stored_changes(plan: Plan) -> dict[str, tuple[Grid | None, Grid | None]]:
    if plan.grids is plan.base.grids:
        return {}
    keys = sorted(plan.grids.keys() | plan.base.grids.keys())
    pairs = {key: (plan.base.grids.get(key), plan.grids.get(key)) for key in keys}
    return {key: (old, new) for key, (old, new) in pairs.items() if old is not new and old != new}


def next_code(plan: Plan, community: str) -> str:
    """The lowest code of the community above all that were ever given, or that a plan on its way
    gives; empty when there is none.
    """
    given = _known_codes(community) if len(community) == DIVISION_DIGITS else set()
    given |= {code for code in _codes(plan) if code.startswith(community)}
    highest = max((int(code[12:15]) for code in given), default=0)
    try:
        return grid_code(community, highest + 1)
    except BadCode:
        return ""


def _known_codes(community: str) -> set[str]:
    """One query."""
    there = GridRow.objects.filter(code__startswith=community).order_by().values_list("code")
    wanted = PlanChange.objects.filter(
        code_after__startswith=community, plan__state__in=[state.value for state in OPEN]
    )
    return {code for (code,) in there.union(wanted.order_by().values_list("code_after"))}


def _codes(plan: Plan) -> set[str]:
    later = {key for step in plan.steps for key in step.after}
    later |= {grid.code for step in plan.steps for grid in step.after.values() if grid}
    return {*plan.base.grids, *later, *(grid.code for grid in plan.grids.values())}


def communities_json(row: BoundaryPlan, plan: Plan) -> list[dict[str, Any]]:
    """The communities of the plan's territory with how many grids they have before and now, and
    how many of these the plan changes.  One query.
    """
    before, now, changed = _counted(plan.base.grids), _counted(plan.grids), _count_changed(plan)
    known = Division.objects.filter(level="community", code__startswith=row.scope_code)
    rows = known.order_by("code").values_list("code", "name", "parent__name")
    return [
        {
            "code": code,
            "name": name,
            "street": street or "",
            "grids": now.get(code, 0),
            "grids_before": before.get(code, 0),
            "changed": changed.get(code, 0),
        }
        for code, name, street in rows
    ]


def counts_json(before: Plan, after: Plan) -> list[dict[str, Any]]:
    """The same counts anew, of the communities in which grids differ."""
    old, new = before.grids, after.grids
    differ = [key for key in old.keys() | new.keys() if old.get(key) is not new.get(key)]
    grids = [grid for key in differ for grid in (old.get(key), new.get(key)) if grid]
    now, changed = _counted(new), _count_changed(after)
    return [
        {"code": code, "grids": now.get(code, 0), "changed": changed.get(code, 0)}
        for code in sorted({grid.community for grid in grids})
    ]


def _count_changed(plan: Plan) -> dict[str, int]:
    changed: dict[str, int] = {}
    for one in _changed(plan):
        changed[one["community"]] = changed.get(one["community"], 0) + 1
    return changed


def _counted(grids: Mapping[str, Grid]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for grid in grids.values():
        counts[grid.community] = counts.get(grid.community, 0) + 1
    return counts


# ---- Faults --------------------------------------------------------------------------------------


def findings(plan: Plan, community: str) -> list[Finding]:
    """What is wrong with a community's grids as they are drawn now, in metres.  One query."""
    found = prove_territory(_shapes(plan, community), _outlines(plan, community))
    own = {key for key, grid in plan.grids.items() if grid.community == community}
    return [one for one in found if one.code in own or one.code == community]


def _shapes(plan: Plan, community: str) -> dict[str, Any]:
    return {key: grid.shape for key, grid in around(plan, community).items()}


def _outlines(plan: Plan, community: str) -> dict[str, Any]:
    """The community's outline where somebody stated one and the plan does not change it."""
    if community in plan.reformed:
        return {}
    stated = Division.objects.filter(code=community, shape_is_union=False, shape__isnull=False)
    return {
        code: shapely.from_wkb(bytes(shape.wkb))
        for code, shape in stated.values_list("code", "shape")
        if shape is not None
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    is_length = finding.fault in (Fault.GAP_OR_OVERLAP, Fault.TOO_NARROW)
    empty = finding.where.is_empty
    return {
        "fault": finding.fault.name.lower(),
        "code": finding.code,
        "text": finding_text(finding),
        "size": round(finding.size, 3),
        "unit": "m" if is_length else "m²",
        "place": finding.place,
        "box": None if empty else list(finding.where.bounds),
    }


def repair_json(plan: Plan, community: str) -> dict[str, Any]:
    """What cleaning would make of faulty borders, and how many m² each grid would win and lose.

    Nothing is changed by it.
    """
    shapes = _shapes(plan, community)
    found = findings(plan, community)
    if any(one.fault in (Fault.INVALID, Fault.EMPTY) for one in found):
        return {"grids": [], "note": _("A shape that crosses itself has to be imported anew.")}
    mended = repair(shapes, found)
    grids = [
        {
            "key": key,
            "code": plan.grids[key].code,
            "name": plan.grids[key].name,
            "gains_m2": round(mended.gains_m2[key], 3),
            "losses_m2": round(mended.losses_m2[key], 3),
            "shape": shapely.geometry.mapping(shape),
        }
        for key, shape in mended.shapes.items()
    ]
    return {"grids": grids, "note": "" if grids else _("There is nothing that cleaning mends.")}


def renumber_json(plan: Plan, community: str) -> list[dict[str, str]]:
    """The community's grids in reading order, west to east, then north to south, with their codes.

    Raises:
        Refused: see `grids.plan.preview`.
    """
    gone = GridRow.objects.filter(code__startswith=community, gone_on__isnull=False)
    spent = set(gone.values_list("code", flat=True))
    return [
        {"key": key, "name": plan.grids[key].name, "code": now, "then": then}
        for key, (now, then) in preview(plan, community, spent=spent).items()
    ]
