"""What is read of the territory across tables; every function costs a fixed number of queries."""

from grids.queries.cards import (
    DivisionRow,
    GridCard,
    division_rows,
    grid_at,
    grid_card,
    vacant_grids,
)

__all__ = [
    "DivisionRow",
    "GridCard",
    "division_rows",
    "grid_at",
    "grid_card",
    "vacant_grids",
]
