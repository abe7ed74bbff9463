"""Why a community cannot be divided as somebody wishes: a closed list.  Pure."""

from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]


class Why(StrEnum):
    """The words are for logs, pages have their own."""

    TOO_FEW = "between barriers and locked grids there are fewer households than one grid needs"
    NO_COUNT_FITS = "no number of grids keeps the households of each between floor and cap"
    LARGE_BLOCK = "a block that cannot be divided has more households than the cap"
    LOCKED_OUTSIDE = "a locked grid is below the floor or above the cap"
    LOCKED_CROSSES = "a locked grid lies on both sides of a barrier"
    CROSSES = "a grid keeps a piece beyond a barrier, where no grid can take it"
    OUTSIDE = "a grid stays below the floor or above the cap"
    UNEVEN = "a grid differs from the mean by more than is wished"
    NOT_DRAWN = "a border could not be drawn as it was found"

    @property
    def rules_out(self) -> bool:
        """Whether no search whatever would find a solution: the others say that none was found."""
        return self not in (Why.OUTSIDE, Why.UNEVEN, Why.NOT_DRAWN)


@dataclass(frozen=True)
class Reason:
    """One thing that keeps a proposal from fitting.

    grids: keys of the grids that it is about.  households: how many there are.  place: where to
    look, WGS84 degrees.
    """

    why: Why
    grids: tuple[str, ...] = ()
    households: int = 0
    place: Point | None = None


class NothingToBalance(ValueError):
    """There is nothing that a proposal could start from.  flaw: which of the three."""

    class Flaw(StrEnum):
        NO_GRIDS = "the community has no grids in the plan"
        NO_HOUSEHOLDS = "no households are known in the community"
        ALL_LOCKED = "every grid of the community is locked"
        STRANGE_LOCK = "a locked grid is none of the community"

    def __init__(self, flaw: Flaw, *grids: str) -> None:
        super().__init__(f"{flaw} {', '.join(grids)}")
        self.flaw, self.grids = flaw, grids
