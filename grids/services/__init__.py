"""What changes the territory: every edit is held against what its editor saw, and can be undone."""

from grids.services.change import change, delete
from grids.services.history import may_edit
from grids.services.people import assign, end_assignment
from grids.services.renumber import renumber
from grids.services.state import State, state_of, thing_of
from grids.services.undo import undo

__all__ = [
    "State",
    "assign",
    "change",
    "delete",
    "end_assignment",
    "may_edit",
    "renumber",
    "state_of",
    "thing_of",
    "undo",
]
