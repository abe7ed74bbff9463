"""What a camera can see of the ground, as an area.  Pure: no Django, no clock.

Walls and trees are not known, and how far a picture is worth anything is a convention: see REACH_M.
"""

import math

import shapely

REACH_M = 50.0
"""So far people and things on the ground are told apart in an ordinary street camera's picture."""
USUAL_ANGLE_DEG = 60.0
"""Of a camera whose angle of view is not entered."""
BLIND_GUESS_M = 20.0
"""Where nobody says which way it looks: only what lies at its foot is believed, all around."""
STEP_DEG = 10.0


def seen(
    x: float, y: float, direction_deg: float | None, angle_deg: float | None
) -> shapely.Polygon:
    """The sector of a camera at x, y (metres); direction_deg: clockwise from north, None where it
    is not known.
    """
    if direction_deg is None:
        return circle(x, y, BLIND_GUESS_M)
    angle = USUAL_ANGLE_DEG if angle_deg is None else float(angle_deg)
    if angle >= 360:
        return circle(x, y, REACH_M)
    first = direction_deg - angle / 2
    steps = max(1, math.ceil(angle / STEP_DEG))
    edge = [point(x, y, first + angle * step / steps) for step in range(steps + 1)]
    return shapely.Polygon([(x, y), *edge])


def around(
    x: float, y: float, direction_deg: float | None, angle_deg: float | None
) -> shapely.Polygon:
    """What lies in the dark when the camera does: its sector, else all around within reach."""
    if direction_deg is None:
        return circle(x, y, REACH_M)
    return seen(x, y, direction_deg, angle_deg)


def point(x: float, y: float, bearing_deg: float) -> tuple[float, float]:
    turn = math.radians(bearing_deg)
    return x + REACH_M * math.sin(turn), y + REACH_M * math.cos(turn)


def circle(x: float, y: float, radius_m: float) -> shapely.Polygon:
    made: shapely.Polygon = shapely.Point(x, y).buffer(radius_m, quad_segs=6)
    return made
