"""Why an operation on a plan is refused: a closed list.  Pure."""

from enum import StrEnum

Point = tuple[float, float]
"""Longitude and latitude, WGS84 degrees."""


class Flaw(StrEnum):
    """What is wrong with an operation; the words are for logs, pages have their own."""

    # The drawn line
    TOO_FEW_POINTS = "the line has fewer points than it needs"
    TOO_MANY_POINTS = "the line has too many points"
    NOT_DEGREES = "the coordinates are no longitudes and latitudes in degrees"
    CROSSES_ITSELF = "the line crosses itself"
    DOES_NOT_CROSS = "the line does not cross the grid"
    ENDS_INSIDE = "the line ends inside the grid"
    CROSSES_TOO_OFTEN = "the line crosses the border more than twice"
    RUNS_ALONG_BORDER = "the line runs along a border"
    TOUCHES_BORDER = "the line touches the border without crossing it"
    HOLE_IN_THE_WAY = "the line ends at a hole and divides nothing"
    ENDS_NOT_ON_BORDER = "the line does not run from border to border"
    TWO_BORDERS = "the line joins two separate stretches of the common border"
    # The vertex that is moved
    NO_SUCH_VERTEX = "there is no vertex or border at this place"
    OUTER_BORDER = "this vertex lies on the border of the community, which a plan does not move"
    # What would come of it
    NOT_NEIGHBOURS = "the grids have no border in common"
    NOT_ONE_PIECE = "a grid would fall into pieces"
    TAKES_ALL = "nothing would be left of the grid"
    SLIVER = "a grid or a part of it would be too small or too narrow"
    BREAKS_PARTITION = "grids would overlap or leave a gap"
    CHANGES_NOTHING = "nothing would change"
    # Who takes part
    UNKNOWN_GRID = "there is no such grid in the plan"
    SAME_GRID = "one grid is named twice"
    OTHER_COMMUNITY = "the grids belong to different communities"
    COMMUNITY_IS_OLD = "the community has grids already: divide one of them"
    SAME_COMMUNITY = "the grids belong to one community: merge them"
    TOO_MANY_VERTICES = "the grids have too many vertices"
    BAD_CODE = "this is no code of a grid"
    CODE_TAKEN = "the code is or was another grid's"
    LOCKED = "the grid is locked"
    BAD_NAME = "the name is empty or too long"
    # The plan as a whole
    MALFORMED = "this is no operation"
    TOO_MANY_OPERATIONS = "the plan has too many operations"
    NOTHING_TO_UNDO = "there is nothing to undo"
    NOTHING_TO_REDO = "there is nothing to redo"
    BASE_CHANGED = "a grid of the plan has changed since the plan began"


class Refused(ValueError):
    """An operation that cannot be done; the plan is as it was.

    place: where to look, WGS84 degrees; None where the flaw has no place.
    grids: the keys of the grids that it is about.
    step: the number of the operation among those of a plan that is done again, from 0.
    """

    def __init__(self, flaw: Flaw, *grids: str, place: Point | None = None) -> None:
        where = f" at {place[0]:.7f}, {place[1]:.7f}" if place else ""
        whose = f"{', '.join(grids)}: " if grids else ""
        super().__init__(f"{whose}{flaw}{where}")
        self.flaw, self.grids, self.place = flaw, grids, place
        self.step: int | None = None
