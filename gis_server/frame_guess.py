"""Which frame points came in, judged by how they fit the places known here.  Pure.

A point read in the right frame falls on the building or street it means; read in a wrong one it
falls anywhere.  In a dense town "anywhere" is near something too, so being near proves nothing.
What proves it is a fit that breaks as soon as the points are shifted: the best frame is compared
with the same points moved to 240 other positions around it, and must stand out from all of them.
Points that have nothing to do with the known places fit no position better than another, and the
answer is then "cannot tell".  It never falls back to a frame that is merely usual.

WGS84 stands for CGCS2000 as well: no data of this kind can tell them apart, and none needs to.
Numbers and their measurement: docs/design/frames.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis_server.frames import (
    EPSG_WGS84,
    ZONES,
    AnyFrame,
    BadCoordinatesError,
    Floats,
    Frame,
    to_wgs84,
    transformer,
)

FEWEST_POINTS = 8
MOST_POINTS = 300  # a sample; more would only cost time
REACH_M = 300.0  # points farther than this from everything known say nothing
CLEAR_SIGMA = 5.0  # how far the best frame must stand out; unrelated points reached 4.2 at most
LEAD_SIGMA = 3.0  # and how far ahead of the next frame it must be
# A distance counts by its logarithm, from 10 m on (what is nearer is noise) to 100 m (what is
# farther is no match): this works for exact copies as for points with 20 m of noise.
NOISE_M, CAP_M = 10.0, 100.0
SHIFTS, SHIFT_FROM_M, SHIFT_TO_M = 240, 100.0, 700.0
DEGREES = (Frame.WGS84, Frame.GCJ02, Frame.BD09)


class Doubt(StrEnum):
    """Why no frame is named."""

    TOO_FEW = "fewer than eight different readable points"
    NOTHING_KNOWN = "no known places to compare with"
    ELSEWHERE = "the points lie where nothing is known"
    NO_CLEAR_FIT = "no frame fits clearly better than a shift at random"


@dataclass(frozen=True)
class Guess:
    """A frame, or the reason why none can be told.

    `offset_m` is how far the points would sit from their places if they were read as WGS84 (median;
    None for a zone, whose metres cannot be), `residual_m` what remains in `frame` to the nearest
    known place (median), `sigmas` how far its fit stands out from shifts at random, `used` the
    number of points that this rests on.  The first three are None and 0 where nothing was compared.
    """

    frame: AnyFrame | None
    doubt: Doubt | None
    used: int
    sigmas: float = 0.0
    offset_m: float | None = None
    residual_m: float | None = None


@dataclass(frozen=True)
class _Fit:
    frame: AnyFrame
    places: Floats  # (n, 2) metres
    gaps: Floats  # (n,) metres to the nearest known place

    @property
    def score(self) -> float:
        return float(_closeness(self.gaps).mean())


def guess_frame(
    x: ArrayLike,
    y: ArrayLike,
    known: Iterable[shapely.Geometry] | shapely.STRtree,
    metric_srid: int,
) -> Guess:
    """Name the frame in which points fit the known places, or say why that cannot be told.

    Args:
        x: (n,) longitudes in degrees, or eastings in metres, as they came.
        y: (n,) latitudes or northings; ask `looks_swapped` first.
        known: buildings, streets and the like in metres of `metric_srid`; the more of what the
            points mean is among them, the fewer points it takes.  Whoever asks often makes
            `tree_of` them once.
        metric_srid: EPSG number of those metres.

    The same input gives the same answer: shifts follow a spiral, samples are taken evenly.

    Raises:
        BadCoordinatesError: `x` and `y` are not numbers in pairs; single unreadable points are left
            out instead.
    """
    points = _different(x, y)
    points = points[_evenly(len(points), 4 * MOST_POINTS)]
    if len(points) < FEWEST_POINTS:
        return Guess(None, Doubt.TOO_FEW, len(points))
    tree = known if isinstance(known, shapely.STRtree) else tree_of(known)
    if not len(tree):
        return Guess(None, Doubt.NOTHING_KNOWN, len(points))
    fits = [
        _fit(frame, places, tree)
        for frame in _candidates(points)
        if _touches(places := _metres(points, frame, metric_srid), tree)
    ]
    return _judge(_near_only(fits), tree, points, metric_srid)


def _judge(fits: list[_Fit], tree: shapely.STRtree, points: Floats, metric_srid: int) -> Guess:
    used = len(fits[0].gaps) if fits else 0
    if used < FEWEST_POINTS:
        return Guess(None, Doubt.ELSEWHERE, used)
    best, *others = sorted(fits, key=lambda fit: fit.score, reverse=True)
    by_chance = _scores_when_shifted(best.places, tree)
    spread = max(float(by_chance.std()), 1e-9)
    sigmas = (best.score - float(by_chance.mean())) / spread
    lead = min(((best.score - other.score) / spread for other in others), default=np.inf)
    clear = sigmas >= CLEAR_SIGMA and lead >= LEAD_SIGMA and best.score > by_chance.max()
    return Guess(
        best.frame if clear else None,
        None if clear else Doubt.NO_CLEAR_FIT,
        used,
        sigmas,
        _offset_m(points, best.frame, metric_srid) if clear else None,
        float(np.median(best.gaps)),
    )


def _different(x: ArrayLike, y: ArrayLike) -> Floats:
    """Readable points, each once: a thousand copies of one are one piece of evidence."""
    try:
        points = np.column_stack([np.ravel(np.asarray(c, dtype=np.float64)) for c in (x, y)])
    except (TypeError, ValueError) as error:
        nothing = np.zeros(0, dtype=np.bool_)
        raise BadCoordinatesError(
            f"coordinates must be numbers in pairs: {error}", nothing
        ) from error
    points = points[np.isfinite(points).all(axis=1)]
    _, first = np.unique(np.round(points, 6), axis=0, return_index=True)
    return np.asarray(points[np.sort(first)])


def _evenly(count: int, most: int) -> NDArray[np.intp]:
    """Positions of at most `most` out of `count`, spread evenly."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.intp)


def tree_of(known: Iterable[shapely.Geometry]) -> shapely.STRtree:
    """Known places as `guess_frame` searches them; to build it takes longer than to search it."""
    return shapely.STRtree(_pieces(known))


def _pieces(known: Iterable[shapely.Geometry]) -> NDArray[np.object_]:
    """Known places as points and single segments: far faster to search than whole streets."""
    shapes = shapely.get_parts(np.array(list(known), dtype=object))
    shapes = shapes[~shapely.is_empty(shapes)]
    rings = shapely.get_dimensions(shapes) == 2
    shapes[rings] = shapely.boundary(shapes[rings])
    shapes = shapely.get_parts(shapes)
    is_point = shapely.get_dimensions(shapes) == 0
    spots, owner = shapely.get_coordinates(shapes[~is_point], return_index=True)
    steps = np.stack([spots[:-1], spots[1:]], axis=1)[owner[:-1] == owner[1:]]
    return np.concatenate([shapes[is_point], shapely.linestrings(steps)])


def _candidates(points: Floats) -> Iterable[AnyFrame]:
    """What such numbers can be: degrees, a zone with its number, or any zone without one."""
    east = float(np.median(points[:, 0]))
    if abs(east) <= 180.0:
        return DEGREES
    number = int(east // 1e6)
    return [zone for zone in ZONES if not zone.prefixed or zone.number == number]


def _metres(points: Floats, frame: AnyFrame, metric_srid: int) -> Floats:
    """(n, 2) metres; infinite where a point cannot be in that frame."""
    places = np.full(points.shape, np.inf)
    try:
        lon, lat = to_wgs84(points[:, 0], points[:, 1], frame)
    except BadCoordinatesError as error:
        fine = ~error.refused
        if fine.any():
            places[fine] = _metres(points[fine], frame, metric_srid)
        return places
    return np.column_stack(transformer(EPSG_WGS84, metric_srid).transform(lon, lat))


def _touches(places: Floats, tree: shapely.STRtree) -> bool:
    """Whether any point falls into the known places' bounds, widened by the reach."""
    west, south, east, north = shapely.total_bounds(tree.geometries)
    low, high = np.array([west, south]) - REACH_M, np.array([east, north]) + REACH_M
    return bool(((places >= low) & (places <= high)).all(axis=1).any())


def _fit(frame: AnyFrame, places: Floats, tree: shapely.STRtree) -> _Fit:
    return _Fit(frame, places, _gaps(places, tree, REACH_M))


def _gaps(places: Floats, tree: shapely.STRtree, most_m: float) -> Floats:
    """Metres to the nearest known place, at most `most_m`."""
    gaps = np.full(len(places), most_m)
    fine = np.flatnonzero(np.isfinite(places).all(axis=1))
    (who, _), gap = tree.query_nearest(
        shapely.points(places[fine]), max_distance=most_m, return_distance=True, all_matches=False
    )
    gaps[fine[who]] = gap
    return gaps


def _near_only(fits: list[_Fit]) -> list[_Fit]:
    """The same points in every fit: those that come near something known in at least one."""
    if not fits:
        return []
    near = np.flatnonzero(np.min([fit.gaps for fit in fits], axis=0) < REACH_M)
    kept = near[_evenly(len(near), MOST_POINTS)]
    return [_Fit(fit.frame, fit.places[kept], fit.gaps[kept]) for fit in fits]


def _closeness(gaps: Floats) -> Floats:
    return np.asarray(-np.log(np.minimum(gaps, CAP_M) + NOISE_M))


def _scores_when_shifted(places: Floats, tree: shapely.STRtree) -> Floats:
    """(SHIFTS,) scores of the same points moved all over the surroundings, along a spiral."""
    share = (np.arange(SHIFTS) + 0.5) / SHIFTS
    radius = np.sqrt(SHIFT_FROM_M**2 + share * (SHIFT_TO_M**2 - SHIFT_FROM_M**2))
    angle = np.arange(SHIFTS) * np.pi * (3.0 - np.sqrt(5.0))
    steps = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    moved = (places[None, :, :] + steps[:, None, :]).reshape(-1, 2)
    return np.asarray(_closeness(_gaps(moved, tree, CAP_M)).reshape(SHIFTS, -1).mean(axis=1))


def _offset_m(points: Floats, frame: AnyFrame, metric_srid: int) -> float | None:
    if not isinstance(frame, Frame):
        return None
    apart = _metres(points, frame, metric_srid) - _metres(points, Frame.WGS84, metric_srid)
    lengths = np.hypot(*apart[np.isfinite(apart).all(axis=1)].T)
    return float(np.median(lengths))
