"""Which numbers the grids of a community should have: west to east, then north to south.  Pure."""

from collections.abc import Collection, Iterator
from itertools import count, islice

import numpy as np
import shapely

from gis_server.ellipsoid import metres_a_degree
from grids.codes import BadCode, grid_code, reading_order
from grids.plan.flaws import Flaw, Refused
from grids.plan.value import Plan

ROW_SHARE = 0.6  # of a middling grid's side: centres that differ by less are of one row


def preview(
    plan: Plan, community: str, *, spent: Collection[str] = ()
) -> dict[str, tuple[str, str]]:
    """Code now and code in reading order, by key, of a community's grids, in that order.

    Args:
        community: its 12 digits.
        spent: codes of grids that were gone before the plan; they stay with those, as do the codes
            of grids that the plan ends.

    Raises:
        Refused: it has no grids in the plan, or more than there are numbers.
    """
    own = {key: grid for key, grid in plan.grids.items() if grid.community == community}
    if not own:
        raise Refused(Flaw.UNKNOWN_GRID, community)
    shapes = np.array([grid.shape for grid in own.values()], dtype=object)
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    east_m, north_m = metres_a_degree(float(centres[:, 1].mean()))
    row_m = ROW_SHARE * float(np.sqrt(np.median(shapely.area(shapes)) * east_m * north_m))
    places = [(x * east_m, y * north_m) for x, y in centres.tolist()]
    keys = list(own)
    order = [keys[k] for k in reading_order(places, row_m)]
    ended = {grid.code for key, grid in plan.base.grids.items() if key not in plan.grids}
    codes = islice(_free_codes(community, ended.union(spent)), len(order))
    return {key: (own[key].code, code) for key, code in zip(order, codes, strict=True)}


def _free_codes(community: str, spent: Collection[str]) -> Iterator[str]:
    for number in count(1):
        try:
            code = grid_code(community, number)
        except BadCode:
            raise Refused(Flaw.BAD_CODE, community) from None
        if code not in spent:
            yield code
