"""The numbers of a briefing as JSON: computed once, kept for ever, compared with a correction."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from django.db import connection

from cameras.rates.periods import Period
from events.briefings import periods, places
from events.briefings.hot import hot_places
from events.briefings.warnings import warnings
from events.counting import queries
from events.counting.cases import Asked
from events.counting.queries import By, Group
from events.counting.share import NAMES, Counts

MOST_CATEGORIES = 15
MOST_HOT = 20
MOST_OVERDUE = 20
LEVEL_BELOW = ((6, By.STREET), (9, By.COMMUNITY))
"""So many digits of the area at most are told by these parts of it."""


def compute(
    kind: str, period: Period, scope: str, known_at: datetime, zone: tzinfo
) -> dict[str, Any]:
    """All that a briefing says of an area's period, as it is known at a moment.

    What it is compared with is taken as it was known as long after its own end: otherwise the last
    period would look better only because it has had more time.
    """
    asked = _asked(period, scope, known_at, zone)
    last, year = (
        _shifted(other, period, scope, known_at, zone)
        for other in (periods.before(kind, period), periods.year_before(kind, period))
    )
    with queries.kept(asked):
        categories = queries.table(asked, By.CATEGORY, is_kept=True)
        kinds = queries.table(asked, By.KIND, is_kept=True)
        parts = _parts(asked, scope)
    told: dict[str, Any] = {
        "counts": categories.total.as_json(),
        "last": _and_by_category(last),
        "year": queries.total(year).as_json(),
        "kinds": [_of_group(one) for one in kinds.groups],
        "parts": parts,
        "overdue": overdue(scope, known_at),
        "repeated": places.repeated(scope, *periods.repeats_of(kind, period).bounds(zone)),
        **heat(kind, period, scope, zone),
    }
    by_category = told["last"].pop("categories")
    told["categories"] = _top(categories.groups, by_category)
    return told | {"warnings": warnings(kind, told)}


def _asked(period: Period, scope: str, known_at: datetime, zone: tzinfo) -> Asked:
    start, end = period.bounds(zone)
    return Asked(start, end, known_at, [scope])


def _shifted(other: Period, period: Period, scope: str, known_at: datetime, zone: tzinfo) -> Asked:
    later = known_at - period.bounds(zone)[1]
    return _asked(other, scope, other.bounds(zone)[1] + later, zone)


def _and_by_category(asked: Asked) -> dict[str, Any]:
    table = queries.table(asked, By.CATEGORY)
    return table.total.as_json() | {
        "categories": {one.key: one.counts.as_json() for one in table.groups}
    }


def _parts(asked: Asked, scope: str) -> list[dict[str, Any]]:
    """The divisions below the area; none of a community."""
    by = next((by for digits, by in LEVEL_BELOW if len(scope) <= digits), None)
    if by is None:
        return []
    return [_of_group(one) for one in queries.table(asked, by, is_kept=True).groups]


def _of_group(group: Group) -> dict[str, Any]:
    return {"key": group.key, "name": group.name, "counts": group.counts.as_json()}


def _top(groups: list[Group], last: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries with the most reports, and what they had in the last period."""
    nothing = Counts().as_json()
    most = sorted(groups, key=lambda one: (-one.counts.reported, one.key))[:MOST_CATEGORIES]
    return [_of_group(one) | {"last": last.get(one.key, nothing)} for one in most]


OVERDUE = """
    SELECT e.number, e.id, c.name, e.address, e.severity, e.level, e.state, e.close_due,
        count(*) OVER (), count(*) FILTER (WHERE e.severity = 'urgent') OVER ()
    FROM events_event AS e JOIN events_category AS c ON c.id = e.category_id
    WHERE e.closed_at IS NULL AND e.filed_at IS NOT NULL AND e.close_due < %(known_at)s
      AND e.received_at <= %(known_at)s AND e.grid_then_code LIKE %(prefix)s
    ORDER BY e.close_due, e.id LIMIT %(most)s
"""


def overdue(scope: str, known_at: datetime) -> dict[str, Any]:
    """Filed events that are open after their time when the briefing is made, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, {"known_at": known_at, "prefix": f"{scope}%", "most": MOST_OVERDUE})
        rows = cursor.fetchall()
    cases = [
        {
            "number": number, "event": event, "category": category, "address": address,
            "severity": severity, "level": level, "state": state, "due": due.isoformat(),
        }
        for number, event, category, address, severity, level, state, due, _all, _urgent in rows
    ]  # fmt: skip
    return {
        "total": rows[0][-2] if rows else 0,
        "urgent": rows[0][-1] if rows else 0,
        "cases": cases,
    }


def heat(kind: str, period: Period, scope: str, zone: tzinfo) -> dict[str, Any]:
    """Hot grids with the map; grids: how many were asked, 0 where there are too many for a map."""
    window = periods.window_of(kind, period)
    grids = places.grids_of(scope, period.last)
    counted = places.counts_by_grid(scope, *window.bounds(zone))
    values = [float(counted.get(one.pk, 0)) for one in grids]
    found = hot_places(values, places.neighbours_of(grids))[:MOST_HOT] if grids else []
    hot = [
        {
            "code": grids[one.place].code,
            "name": grids[one.place].name,
            "count": int(values[one.place]),
            "z": round(one.z, 3),
            "p": one.p,
            "heat": one.heat,
            "at": places.middle_of(grids, one.place),
        }
        for one in found
    ]
    drawn = places.map_of(grids, {one.place: one.heat for one in found}) if grids else None
    span = {"first": window.first.isoformat(), "last": window.last.isoformat()}
    return {"hot": hot, "map": drawn, "grids": len(grids), "window": span}


# ---- What is different ---------------------------------------------------------------------------


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The numbers that are not the same: what, where, before, after."""
    before, after = dict(_flat(old)), dict(_flat(new))
    return [
        {"what": what, "where": where, "before": before.get(one, 0), "after": after.get(one, 0)}
        for one in dict.fromkeys((*before, *after))
        for what, where in [one]
        if before.get(one, 0) != after.get(one, 0)
    ]


def _flat(told: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], int]]:
    for name in NAMES:
        yield (name, ""), told["counts"].get(name, 0)
    for group in (*told["kinds"], *told["parts"], *told["categories"]):
        for name in NAMES:
            yield (name, group["name"]), group["counts"].get(name, 0)
    yield ("open_overdue", ""), told["overdue"]["total"]
    for place in told["repeated"]:
        yield ("repeated", f"{place['category']} {place['address']}"), place["times"]
    for grid in told["hot"]:
        yield ("hot", grid["name"]), grid["heat"]
