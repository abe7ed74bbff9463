"""Shapes as they came, checked; positions from columns and WKT; the way to WGS84.  Pure.

Nothing is ever mended silently: a polygon that crosses itself can be read in several ways, and only
the one who drew it knows which is meant.  What loses nothing is done and told: heights and measures
are dropped, a multi with one part becomes that part.
"""

import re
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis_server.frames import AnyFrame, BadCoordinatesError, Frame, looks_swapped, to_wgs84
from grids.imports import positions
from grids.imports.cells import Mask
from grids.imports.crs import frame_of
from grids.imports.layer import Shapes
from grids.imports.problems import MOST_KEPT, Details, Faults, Problem, Refused, Rows, shown

Wanted = Literal["point", "line", "polygon"]
POINT, LINE, POLYGON, COLLECTION = "Point", "LineString", "Polygon", "GeometryCollection"
FITTING: dict[str, tuple[str, ...]] = {
    "point": (POINT,),
    "line": (LINE, "MultiLineString"),
    "polygon": (POLYGON, "MultiPolygon"),
}
PLACE = re.compile(r"\[(\S+) (\S+)\]$")
EWKT = re.compile(r"^\s*SRID\s*=\s*(\d{1,6})\s*;", re.IGNORECASE)


def parsed(read: Callable[..., Any], raw: NDArray[np.object_]) -> Shapes:
    """Shapes of WKB or WKT by shapely's function for it; None where it cannot be read.

    shapely refuses a whole array for one curve in it (GeoPackages may hold arcs).
    """
    try:
        return np.asarray(read(raw, on_invalid="ignore"), dtype=object)
    except NotImplementedError:
        return np.array([_parsed_one(read, one) for one in raw], dtype=object)


def _parsed_one(read: Callable[..., Any], raw: object) -> shapely.Geometry | None:
    try:
        return read(raw, on_invalid="ignore")
    except NotImplementedError:
        return None


def clean_shapes(geometry: Shapes, rows: Rows, wanted: Wanted) -> tuple[Shapes, Faults]:
    """Shapes of the wanted dimension in two coordinates, None where faulty, and the faults.

    Args:
        geometry: (n,) shapes or None, in any one frame.
        rows: (n,) what users see as the numbers of the rows.
        wanted: "line" and "polygon" may have several parts, "point" may not.

    Places in the details are in the frame of the shapes.
    """
    faults = Faults()
    shapes = np.array(geometry, dtype=object)
    _refuse(shapes, shapely.is_missing(shapes), rows, faults, Problem.SHAPE_MISSING)
    _refuse(shapes, shapely.is_empty(shapes), rows, faults, Problem.SHAPE_EMPTY)
    _drop_heights(shapes, rows, faults)
    _refuse(shapes, ~_finite(shapes), rows, faults, Problem.NOT_FINITE)
    _unwrap(shapes)
    _check_kind(shapes, rows, wanted, faults)
    _check_valid(shapes, rows, faults)
    return shapes, faults


def _refuse(shapes: Shapes, wrong: Mask, rows: Rows, faults: Faults, problem: Problem) -> None:
    for row in rows[wrong]:
        faults.note(int(row), "", problem)
    shapes[wrong] = None


def _drop_heights(shapes: Shapes, rows: Rows, faults: Faults) -> None:
    high = shapely.has_z(shapes) | shapely.has_m(shapes)
    if high.any():
        shapes[high] = shapely.force_2d(shapes[high])
        faults.note(int(rows[high][0]), "", Problem.HEIGHTS_DROPPED, count=int(high.sum()))


def _finite(shapes: Shapes) -> Mask:
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=np.bool_)
    finite[owner[~np.isfinite(points).all(axis=1)]] = False
    return finite


def _unwrap(shapes: Shapes) -> None:
    """A multi or collection with one part is that part."""
    for _ in range(4):  # collections may hold collections
        wrapped = (shapely.get_type_id(shapes) >= 4) & (shapely.get_num_geometries(shapes) == 1)
        if not wrapped.any():
            return
        shapes[wrapped] = shapely.get_geometry(shapes[wrapped], 0)


def _check_kind(shapes: Shapes, rows: Rows, wanted: Wanted, faults: Faults) -> None:
    present = ~shapely.is_missing(shapes)
    kinds = np.array([shape.geom_type if shape else "" for shape in shapes], dtype=object)
    for k in np.flatnonzero(present & ~np.isin(kinds.astype(str), FITTING[wanted])):
        kind, row = kinds[k], int(rows[k])
        if wanted == "point" and kind == "MultiPoint":
            count = int(shapely.get_num_geometries(shapes[k]))
            faults.note(row, "", Problem.SEVERAL_POINTS, count=count)
        else:
            faults.note(row, "", Problem.WRONG_SHAPE, found=_kind_word(kind), wanted=wanted)
        shapes[k] = None


def _kind_word(kind: str) -> str:
    word = kind.removeprefix("Multi").lower()
    return {"linestring": "line", "linearring": "line", "geometrycollection": "mixture"}.get(
        word, word
    )


def _check_valid(shapes: Shapes, rows: Rows, faults: Faults) -> None:
    wrong = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    for k in np.flatnonzero(wrong):
        problem, details = _why_invalid(shapes[k]) if len(faults) < 3 * MOST_KEPT else _UNTOLD
        faults.note(int(rows[k]), "", problem, **details)
        shapes[k] = None


_UNTOLD: tuple[Problem, Details] = (Problem.SHAPE_INVALID, {"x": "?", "y": "?"})


def _why_invalid(shape: shapely.Geometry) -> tuple[Problem, Details]:
    reason = shapely.is_valid_reason(shape)
    found = PLACE.search(reason)
    place: Details = {"x": found[1], "y": found[2]} if found else {"x": "?", "y": "?"}
    if reason.startswith("Too few points"):
        return Problem.TOO_FEW_POINTS, {}
    if reason.startswith("Hole lies outside"):
        return Problem.HOLE_OUTSIDE, place
    if reason.startswith(("Holes are nested", "Interior is disconnected")):
        return Problem.HOLES_OVERLAP, place
    if reason.startswith("Nested shells"):
        return Problem.PARTS_OVERLAP, place
    if "intersection" in reason or reason.startswith("Duplicate"):
        return _which_meet(shape), place
    return Problem.SHAPE_INVALID, place


def _which_meet(shape: shapely.Geometry) -> Problem:
    """GEOS says "self-intersection" of one ring, of two holes and of two parts alike."""
    parts = shapely.get_parts(shape)
    if shapely.is_valid(parts).all():
        return Problem.PARTS_OVERLAP
    shells = shapely.polygons(shapely.get_exterior_ring(parts))
    holes = [shapely.polygons(ring) for part in parts for ring in part.interiors]
    if shapely.is_valid(shells).all() and all(shapely.is_valid(hole) for hole in holes):
        return Problem.HOLES_OVERLAP
    return Problem.CROSSES_ITSELF


# --- positions and WKT -------------------------------------------------------------------------


def points_from_columns(
    x: pa.Array, y: pa.Array, rows: Rows, names: tuple[str, str]
) -> tuple[Shapes, Faults]:
    """Points of a column of longitudes (or eastings) and one of latitudes; None where faulty.

    Args:
        names: of the two columns in the file, x first.

    A row with both blank has no point and no fault; with one of them blank it has a fault.
    """
    east, faults = positions.numbers(x, rows, names[0])
    north, more = positions.numbers(y, rows, names[1])
    faults.take(more)
    told = faults.rows_refused()
    lone = np.isnan(east) != np.isnan(north)
    for k in np.flatnonzero(lone):
        if int(rows[k]) not in told:
            missing = names[0] if np.isnan(east[k]) else names[1]
            faults.note(int(rows[k]), missing, Problem.COORDINATE_MISSING)
    shapes = np.full(len(rows), None, dtype=object)
    whole = ~np.isnan(east) & ~np.isnan(north)
    shapes[whole] = shapely.points(east[whole], north[whole])
    return shapes, faults


def shapes_from_wkt(
    column: pa.Array, rows: Rows, name: str
) -> tuple[Shapes, AnyFrame | None, Faults]:
    """Shapes of a column of WKT or EWKT, the frame that its SRIDs name, and the faults.

    Rows with an SRID other than the first one's are faults: one layer has one frame.
    """
    faults = Faults()
    parts = [_srid_and_wkt(text) for text in column.cast(pa.string()).to_pylist()]
    first = next((srid for srid, wkt in parts if wkt), "")
    for row, (srid, wkt) in zip(rows, parts, strict=True):
        if wkt and srid != first:
            faults.note(int(row), name, Problem.FRAMES_DIFFER)
    bare = [wkt if srid == first else "" for srid, wkt in parts]
    shapes = parsed(shapely.from_wkt, np.array(bare, dtype=object))
    for k in np.flatnonzero(shapely.is_missing(shapes)):
        if bare[k]:
            faults.note(int(rows[k]), name, Problem.NOT_WKT, value=shown(bare[k]))
    return shapes, frame_of(f"EPSG:{first}") if first else None, faults


def _srid_and_wkt(text: str | None) -> tuple[str, str]:
    srid = EWKT.match(text or "")
    return (srid[1] if srid else ""), (text or "")[srid.end() if srid else 0 :].strip()


# --- frames ------------------------------------------------------------------------------------


def refuse_swapped(geometry: Shapes) -> None:
    """Notice that latitude (or northing) stands where longitude should; `exchange` mends it.

    Raises:
        Refused: SWAPPED, with the first position as it stands there.
    """
    points = shapely.get_coordinates(geometry)
    if len(points) and looks_swapped(points[:, 0], points[:, 1]):
        raise Refused(Problem.SWAPPED, x=f"{points[0, 0]:.10g}", y=f"{points[0, 1]:.10g}")


def exchange(geometry: Shapes) -> Shapes:
    """The same shapes with x and y exchanged."""
    return _transformed(geometry, lambda points: points[:, ::-1])


def place(geometry: Shapes, rows: Rows, frame: AnyFrame) -> tuple[Shapes, Faults]:
    """Shapes in `frame` → the same in WGS84, None where they cannot be in that frame."""
    faults = Faults()
    shapes = np.array(geometry, dtype=object)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    try:
        placed = np.column_stack(to_wgs84(points[:, 0], points[:, 1], frame))
    except BadCoordinatesError as error:
        wrong, first = np.unique(owner[error.refused], return_index=True)
        bad = points[error.refused][first]
        for k, (x, y) in zip(wrong, bad, strict=True):
            details = {"x": f"{x:.10g}", "y": f"{y:.10g}", "frame": _frame_word(frame)}
            faults.note(int(rows[k]), "", Problem.OUTSIDE_FRAME, **details)
        shapes[wrong] = None
        again, more = place(shapes, rows, frame)
        faults.take(more)
        return again, faults
    if np.array_equal(placed, points):
        return shapes, faults  # WGS84 as it came: most of the time goes into writing them back
    return shapely.set_coordinates(shapes, placed), faults


def _frame_word(frame: AnyFrame) -> str:
    words = {Frame.WGS84: "WGS84", Frame.CGCS2000: "CGCS2000"}
    words |= {Frame.GCJ02: "GCJ-02", Frame.BD09: "BD-09"}
    return words[frame] if isinstance(frame, Frame) else str(frame)


def _transformed(geometry: Shapes, move: Any) -> Shapes:
    shapes: Shapes = shapely.transform(np.array(geometry, dtype=object), move)
    return shapes
