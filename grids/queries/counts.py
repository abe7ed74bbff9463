"""How much lies below parts of the territory, counted for many of them in one query."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

# Codes are digits, so all that begins with a prefix lies between it and it with nines behind, and
# is found by the plain index whatever the collation.
BELOW = "BETWEEN node.prefix AND node.prefix || '9999999999999999999'"
PLACES = ("grids_building", "grids_shop", "grids_servicepoint")

SQL = f"""
    SELECT node.prefix,
        (SELECT count(*) FROM grids_division
         WHERE code {BELOW} AND level = 'community' AND length(node.prefix) < 12),
        (SELECT count(*) FROM grids_grid WHERE code {BELOW} AND gone_on IS NULL),
        (SELECT count(*) FROM grids_grid AS grid WHERE grid.code {BELOW}
         AND grid.gone_on IS NULL AND NOT EXISTS (
            SELECT 1 FROM grids_assignment AS held
            WHERE held.grid_id = grid.id AND held.role = 'worker' AND held.valid @> %(on)s)),
        (SELECT coalesce(sum(households), 0) FROM grids_building
         WHERE scope_code {BELOW} AND grid_id IS NOT NULL),
        {", ".join(f"(SELECT count(*) FROM {table} WHERE scope_code {BELOW})" for table in PLACES)},
        {
    " + ".join(
        f"(SELECT count(*) FROM {table} WHERE scope_code {BELOW} AND grid_id IS NULL)"
        for table in PLACES
    )
}
    FROM unnest(%(prefixes)s::text[]) AS node (prefix)"""  # noqa: S608


@dataclass(frozen=True)
class Counts:
    """What lies below a node, itself included; strays are the places that are in no grid."""

    communities: int = 0
    grids: int = 0
    vacancies: int = 0
    households: int = 0
    buildings: int = 0
    shops: int = 0
    service_points: int = 0
    strays: int = 0


@dataclass
class CountsByPrefix:
    """The counts of each prefix asked for."""

    found: dict[str, Counts] = field(default_factory=dict)

    def __getitem__(self, prefix: str) -> Counts:
        return self.found.get(prefix, Counts())


def counts_below(prefixes: Iterable[str], on: date) -> CountsByPrefix:
    """Count below each prefix of codes on a day; one query."""
    asked = list(prefixes)
    if not asked:
        return CountsByPrefix()
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"prefixes": asked, "on": on})
        return CountsByPrefix({row[0]: Counts(*map(int, row[1:])) for row in cursor.fetchall()})
