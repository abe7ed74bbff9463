"""What tests of plans share: the two grids of `territory`, redrawn, and a plan taken along its way.

The community lies from 112 to 114 E, 37 to 38 N; WEST and EAST meet at 113.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import shapely
from django.db import connection
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import Role
from grids.models import BoundaryPlan
from grids.plans import publishing, services
from grids.plans.drafts import Draft
from grids.redrawing import Born, Redrawing, Renamed, Reshaped, Retired
from tests.grids.territory import COMMUNITY, EAST, WEST

NORTH = f"{COMMUNITY}003"
SCOPE = "140107"


def box(west: float, east: float, south: float = 37.0, north: float = 38.0) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def border_at(east: float) -> Redrawing:
    """The border between the two grids drawn elsewhere."""
    return Redrawing(reshaped=(Reshaped(WEST, box(112, east)), Reshaped(EAST, box(east, 114))))


def west_split() -> Redrawing:
    """The north of WEST becomes a grid of its own; EAST takes the new corner into its border."""
    corner = [(113, 37), (114, 37), (114, 38), (113, 38), (113, 37.5), (113, 37)]
    return Redrawing(
        reshaped=(
            Reshaped(WEST, box(112, 113, 37, 37.5)),
            Reshaped(EAST, shapely.Polygon(corner)),
        ),
        born=(Born(NORTH, "北网格", "basic", COMMUNITY, box(112, 113, 37.5, 38), (WEST,)),),
    )


def east_merged() -> Redrawing:
    return Redrawing(reshaped=(Reshaped(WEST, box(112, 114)),), retired=(Retired(EAST, (WEST,)),))


def codes_exchanged() -> Redrawing:
    return Redrawing(renamed=(Renamed(WEST, EAST, "东"), Renamed(EAST, WEST, "西")))


def draft(redrawing: Redrawing, title: str = "调整", **more: Any) -> Draft:
    values: dict[str, Any] = {
        "title": title,
        "scope_code": SCOPE,
        "base_day": today(),
        "operations": [],
    }
    return Draft(redrawing=redrawing, **(values | more))


def today() -> date:
    return timezone.localdate()


def people() -> tuple[User, User]:
    """A planner, and whoever approves."""
    made = [
        User.objects.get_or_create(
            username=str(role), defaults={"role": role.value, "scope": [SCOPE]}
        )[0]
        for role in (Role.PLANNER, Role.DISTRICT_LEADER)
    ]
    return made[0], made[1]


def made(redrawing: Redrawing, title: str = "调整", now: datetime | None = None) -> BoundaryPlan:
    return services.make(draft=draft(redrawing, title), by=people()[0], now=now or timezone.now())


def approved(plan: BoundaryPlan) -> BoundaryPlan:
    planner, leader = people()
    now = timezone.now()
    plan = services.submit(plan_id=plan.pk, revision=plan.revision, by=planner, now=now)
    return services.approve(plan_id=plan.pk, revision=plan.revision, by=leader, now=now)


def scheduled(plan: BoundaryPlan, day: date | None = None) -> BoundaryPlan:
    plan = approved(plan)
    return services.schedule(
        plan_id=plan.pk, revision=plan.revision, day=day or today(), document="杏政发〔2026〕1号",
        by=people()[0], now=timezone.now(),
    )  # fmt: skip


def published(redrawing: Redrawing, title: str = "调整") -> BoundaryPlan:
    plan = scheduled(made(redrawing, title))
    assert publishing.publish(plan_id=plan.pk, now=timezone.now())
    plan.refresh_from_db()
    return plan


DATED = (
    ("grids_gridshape", "valid", "lower(valid)"),
    ("grids_griddesignation", "valid", "lower(valid)"),
    ("grids_assignment", "valid", "lower(valid)"),
    ("grids_boundaryplan", "effective_on", "effective_on"),
    ("grids_boundaryplan", "base_day", "base_day"),
    ("grids_planchange", "effective_on", "effective_on"),
    ("grids_lineage", "on", '"on"'),
    ("grids_grid", "gone_on", "gone_on"),
)


def a_day_passes(days: int = 1) -> None:
    """Everything dated begins a day earlier: what came into force today did so yesterday."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gis.bulk', 'on', false)")
        for table, column, order in DATED:
            earlier = f'"{column}" - %(days)s'
            if column == "valid":
                earlier = "daterange(lower(valid) - %(days)s, upper(valid) - %(days)s)"
            # One by one, the oldest first: two days of one grid must not meet on the way.
            cursor.execute(f"SELECT id FROM {table} ORDER BY {order}, id")
            for (key,) in cursor.fetchall():
                cursor.execute(
                    f'UPDATE {table} SET "{column}" = {earlier} WHERE id = %(id)s',
                    {"days": days, "id": key},
                )
        cursor.execute("SELECT set_config('gis.bulk', 'off', false)")


TABLES = (
    "grids_grid", "grids_gridshape", "grids_griddesignation", "grids_division", "grids_building",
    "grids_assignment", "grids_lineage", "grids_boundaryplan", "grids_planchange", "grids_planstep",
    "events_event", "events_eventstep", "gis_server_audit", "gis_server_change",
    "gis_server_searchentry", "gis_server_user",
)  # fmt: skip


def everything(tables: Sequence[str] = TABLES) -> dict[str, str]:
    """A digest of all rows that a publication may touch."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                "SELECT md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), ''))"
                f" FROM {table} AS row"
            )
            found[table] = cursor.fetchone()[0]
    return found
