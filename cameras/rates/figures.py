"""The figures of a monthly report: computed once, stored as JSON, read back for its files.

{"first": "2026-03-01", "last": "2026-03-31",
 "tables": {by: {"groups": [group, …], "total": group}},      group: key, name, all, classes
 "days": {"": [seconds, …], "key_area": […], …}}               a point a day, of all and by class
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from cameras.models import Camera
from cameras.rates import periods, queries
from cameras.rates.pieces import Asked
from cameras.rates.queries import By, Group, Table
from cameras.rates.share import Seconds

TABLES = (By.CLASS, By.STREET, By.COMMUNITY, By.TEAM, By.OWNER)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures as objects again; days: lists of a point a day, by class, "" for all."""

    first: date
    last: date
    tables: dict[By, Table]
    days: dict[str, list[Seconds]]

    @property
    def labels(self) -> list[str]:
        return [f"{day:%m-%d}" for day in periods.Period(self.first, self.last).steps()]


def asked_for(month: date, scope: str, known_at: datetime, zone: tzinfo) -> Asked:
    start, end = periods.month_of(month).bounds(zone)
    return Asked(start=start, end=end, known_at=known_at, prefixes=[scope])


def compute(month: date, scope: str, known_at: datetime, zone: tzinfo) -> dict[str, Any]:
    """The figures of a month and an area, by what was known at a moment."""
    period, asked = periods.month_of(month), asked_for(month, scope, known_at, zone)
    edges = period.edges(zone)
    with queries.kept(asked):
        tables = {by.value: queries.table(asked, by, is_kept=True) for by in TABLES}
        days = {
            name: queries.series(asked, edges, of_class=name, is_kept=True)
            for name in ("", *Camera.Priority.values)
        }
    return {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "tables": {by: told(table) for by, table in tables.items()},
        "days": {name: [one.as_json() for one in points] for name, points in days.items()},
    }


def told(table: Table) -> dict[str, Any]:
    return {
        "groups": [group_json(one) for one in table.groups],
        "total": group_json(table.total),
    }


def group_json(group: Group) -> dict[str, Any]:
    return {
        "key": group.key,
        "name": group.name,
        "all": group.all.as_json(),
        "classes": {name: one.as_json() for name, one in sorted(group.classes.items())},
    }


def read(stored: dict[str, Any]) -> Figures:
    return Figures(
        date.fromisoformat(stored["first"]),
        date.fromisoformat(stored["last"]),
        {By(by): table_of(one) for by, one in stored["tables"].items()},
        {name: [Seconds.of_json(one) for one in days] for name, days in stored["days"].items()},
    )


def table_of(stored: dict[str, Any]) -> Table:
    return Table([group_of(one) for one in stored["groups"]], group_of(stored["total"]))


def group_of(stored: dict[str, Any]) -> Group:
    return Group(
        stored["key"],
        stored["name"],
        Seconds.of_json(stored["all"]),
        {name: Seconds.of_json(one) for name, one in stored["classes"].items()},
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A group whose seconds are others now than they were told."""

    by: By
    name: str
    told: Seconds
    now: Seconds


def differences(stored: dict[str, Any], fresh: dict[str, Any]) -> Iterator[Difference]:
    """Where two computations of the same month disagree; names may have changed meanwhile."""
    before, after = read(stored), read(fresh)
    for by, table in before.tables.items():
        then, now = by_key(table), by_key(after.tables[by])
        for key in sorted({*then, *now}):
            old, new = then.get(key, Group(key, key, Seconds())), now.get(key)
            if new is None or new.all != old.all:
                name = old.name or (new.name if new else key)
                yield Difference(by, name, old.all, new.all if new else Seconds())


def by_key(table: Table) -> dict[str, Group]:
    return {one.key: one for one in [*table.groups, table.total]}
