"""Boundary plans: a value and what can be done to it.  Pure; docs/design/plans.md.

plan = begin(day, grids)
plan = apply(plan, Split(grid, line, keeps="left", code=code, name=name))
plan.changed  # key → before, after
"""

from grids.plan.editing import apply, load, redo
from grids.plan.flaws import Flaw, Refused
from grids.plan.numbering import preview
from grids.plan.operations import (
    Add,
    Assign,
    Drawn,
    HandOver,
    Merge,
    Move,
    Operation,
    Redraw,
    Rename,
    Renumber,
    Reshape,
    Retire,
    Split,
    read,
    written,
)
from grids.plan.value import Grid, Plan, begin, dump, fingerprint

__all__ = [
    "Add",
    "Assign",
    "Drawn",
    "Flaw",
    "Grid",
    "HandOver",
    "Merge",
    "Move",
    "Operation",
    "Plan",
    "Redraw",
    "Refused",
    "Rename",
    "Renumber",
    "Reshape",
    "Retire",
    "Split",
    "apply",
    "begin",
    "dump",
    "fingerprint",
    "load",
    "preview",
    "read",
    "redo",
    "written",
]
