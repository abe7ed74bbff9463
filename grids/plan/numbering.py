"""Which numbers the grids of a community should have: west to east, then north to south.  Pure."""

import numpy as np
import shapely

from gis_server.ellipsoid import metres_a_degree
from grids.codes import BadCode, grid_code, reading_order
from grids.plan.flaws import Flaw, Refused
from grids.plan.value import Plan

ROW_SHARE = 0.6  # of a middling grid's side: centres that differ by less are of one row


def preview(plan: Plan, community: str) -> dict[str, tuple[str, str]]:
    """Code now and code in reading order, by key, of a community's grids, in that order.

    Args:
        community: its 12 digits.

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
    try:
        codes = [grid_code(community, number) for number in range(1, len(order) + 1)]
    except BadCode:
        raise Refused(Flaw.BAD_CODE, community) from None
    return {key: (own[key].code, code) for key, code in zip(order, codes, strict=True)}
