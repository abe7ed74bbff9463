"""Territory as it is stored: divisions, grids with dated shapes, places, and who looks after what.

The rules stand as constraints in the database, under names that say them.
"""

from grids.models.divisions import Division, DivisionDesignation, DivisionKind, Level
from grids.models.edits import Edit, Thing
from grids.models.grids import Grid, GridDesignation, GridKind, GridShape
from grids.models.imports import ImportFault, ImportMapping, ImportRun, ImportTarget
from grids.models.people import Assignment, GridWorker, StaffRole
from grids.models.places import (
    Building,
    Place,
    ServiceKind,
    ServicePoint,
    Shop,
    ShopKind,
    Street,
    StreetKind,
)
from grids.models.plans import BoundaryPlan, Lineage, PlanChange, PlanStep
from grids.models.proposals import PlanProposal, ProposalState
from grids.models.rules import SINCE_FIRST_DAY

__all__ = [
    "SINCE_FIRST_DAY",
    "Assignment",
    "BoundaryPlan",
    "Building",
    "Division",
    "DivisionDesignation",
    "DivisionKind",
    "Edit",
    "Grid",
    "GridDesignation",
    "GridKind",
    "GridShape",
    "GridWorker",
    "ImportFault",
    "ImportMapping",
    "ImportRun",
    "ImportTarget",
    "Level",
    "Lineage",
    "Place",
    "PlanChange",
    "PlanProposal",
    "PlanStep",
    "ProposalState",
    "ServiceKind",
    "ServicePoint",
    "Shop",
    "ShopKind",
    "StaffRole",
    "Street",
    "StreetKind",
    "Thing",
]
