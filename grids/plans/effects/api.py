"""What a plan does, over HTTP: api/grid-plans/<id>/impact/, figures as JSON, points as GeoJSON."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gis_server.edge import allow, json_ok, parse_page, user_of
from gis_server.geojson_export import feature, point
from gis_server.models import User
from gis_server.openapi.marks import asks, paged
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from grids.impact import Even, Figures, Impact, Moved, Row, Rules, Spread, verdict
from grids.plans import rows
from grids.plans.effects.counting import SOURCES, shown_figures
from grids.plans.effects.impact import Report, how, report_of, spots


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_GET
def impact(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer the figures of each grid that a plan redraws, before and after, their sums, how even
    its communities are, and how many places change hands.
    """
    user = user_of(request)
    return json_ok(report_json(report_of(rows.found(grid_plan_id, user), timezone.now()), user))


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_GET
@asks(paged())
def impact_points(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer the places that change hands as GeoJSON, in pieces (`limit`, `offset`); without those
    of kinds that the user's role does not see.
    """
    user, page = user_of(request), parse_page(request)
    report = report_of(rows.found(grid_plan_id, user), timezone.now())
    shown = seen_by(user, report.impact)
    piece = shown[page.offset : page.offset + page.limit]
    features = [
        feature(
            point(one.x, one.y),
            {
                "kind": one.moved.kind, "id": one.moved.id, "name": one.name,
                "from": one.moved.was, "to": one.moved.then,
            },
        )
        for one in spots(piece)
    ]  # fmt: skip
    return json_ok({"type": "FeatureCollection", "total": len(shown), "features": features})


def seen_by(user: User, impact: Impact) -> list[Moved]:
    """The places that change hands of which the user may know which they are."""
    seen = {kind for kind, source in SOURCES.items() if may(user.role, source.permission)}
    return [one for one in impact.moved if one.kind in seen]


def report_json(report: Report, user: User) -> dict[str, Any]:
    impact, rules = report.impact, report.rules
    hows = [how(change) for change in report.changes]
    kinds = dict.fromkeys(SOURCES, 0)
    for one in impact.moved:
        kinds[one.kind] += 1
    return _words_json(rules) | {
        "plan": report.plan.pk,
        "revision": report.plan.revision,
        "day": report.day,
        "counted_at": report.at,
        "weights": rules.weights,
        "grids": [
            {"how": word} | _row_json(row, rules)
            for row, word in zip(impact.rows, hows, strict=True)
        ],
        "total": {"before": rounded(impact.before), "after": rounded(impact.after)},
        "communities": [
            {
                "code": one.code,
                "name": report.names.get(one.code, ""),
                "before": _even_json(one.before),
                "after": _even_json(one.after),
            }
            for one in impact.communities
        ],
        "moved": {
            "total": len(impact.moved),
            "shown": len(seen_by(user, impact)),
            "kinds": {kind: count for kind, count in kinds.items() if count},
        },
    }


def tried_json(found: Sequence[Row], rules: Rules) -> dict[str, Any]:
    """Of a step that is only tried: how many of what, as in the report; nothing says which."""
    return _words_json(rules) | {"grids": [_row_json(row, rules) for row in found]}


def _words_json(rules: Rules) -> dict[str, Any]:
    return {
        "figures": [
            {"name": name, "text": str(one.text), "unit": one.unit, "digits": one.digits}
            for name, one in shown_figures().items()
        ],
        "households": {"low": rules.low, "high": rules.high},
    }


def rounded(figures: Figures | None) -> dict[str, float] | None:
    """Square metres to a tenth, kilometres to a metre; whole numbers stay."""
    if figures is None:
        return None
    return {name: round(value, 1 if name.endswith("_m2") else 3) for name, value in figures.items()}


def _row_json(row: Row, rules: Rules) -> dict[str, Any]:
    return {
        "code_before": row.code_before,
        "code_after": row.code_after,
        "name_before": row.name_before,
        "name_after": row.name_after,
        "before": rounded(row.before),
        "after": rounded(row.after),
        "verdict_before": verdict_of(row.before, rules),
        "verdict": verdict_of(row.after, rules),
    }


def verdict_of(figures: Figures | None, rules: Rules) -> str:
    """ "below", "within" or "above" the households of a grid; "" where there is none."""
    if figures is None:
        return ""
    return verdict(figures.get("households", 0.0), rules.low, rules.high)


def _even_json(even: Even) -> dict[str, Any]:
    return {
        "grids": even.load.count,
        "within": even.within,
        "households": _spread_json(even.households),
        "load": _spread_json(even.load),
    }


def _spread_json(spread: Spread) -> dict[str, float | None]:
    uneven = spread.uneven_pct
    return {
        "least": round(spread.least, 1),
        "most": round(spread.most, 1),
        "mean": round(spread.mean, 1),
        "uneven_pct": round(uneven, 1) if uneven is not None else None,
    }
