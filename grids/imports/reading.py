"""Rows of a file, batch by batch, as they are staged: clean columns, WGS84 shapes, grids found.

Memory holds a few batches, whatever the file's size.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from gis_server.frames import AnyFrame, Floats
from gis_server.geo import WGS84
from grids.imports.cells import Mask, clean
from grids.imports.frame_choice import frame_named
from grids.imports.homes import Homes, homes_on
from grids.imports.layer import Batch, Layer, Shapes, Source
from grids.imports.problems import NOTES, Faults, Problem, Refused, Rows
from grids.imports.shapes import (
    clean_shapes,
    exchange,
    place,
    points_from_columns,
    refuse_swapped,
    shapes_from_wkt,
)
from grids.imports.targets import LAT, LON, WKT, Field, Target

BATCH_ROWS = 20_000
ARROW = {"boolean": pa.bool_(), "integer": pa.int64(), "smallint": pa.int64(), "date": pa.date32()}
READ_AHEAD = 2  # batches that may wait for their grids while the next one is read
MADE_DIGITS = 20
# A point as PostGIS writes it: little-endian, type 1 with the flag "has an SRID", SRID, x, y.
EWKB_POINT = np.dtype(
    [("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")]
)

Columns = dict[str, pa.Array]


@dataclass
class Reading:
    """How a file is read, and what was wrong with it so far."""

    target: Target
    mapping: Mapping[str, str]
    frame: str
    exchange_axes: bool
    faults: Faults = field(default_factory=Faults)
    notes: frozenset[Problem] = NOTES


@dataclass(frozen=True)
class Staged:
    """A batch ready for the stage; `count` rows were read, those with a fault included."""

    table: pa.Table
    count: int


def read_rows(source: Source, layer: Layer, reading: Reading, today: date) -> Iterator[Staged]:
    """All rows of a layer; faults collect in the reading.

    Raises:
        Refused: the file cannot be read to its end, or nobody said which frame it is in.
    """
    _check_frame(layer, reading)
    homes = homes_on(today) if reading.target.shape == "point" else None
    under_way: deque[Future[Staged]] = deque()
    with ThreadPoolExecutor(max_workers=1) as beside:
        for batch in source.batches(layer, BATCH_ROWS):
            reading.faults.take(batch.faults)
            columns, shapes = _cleaned(batch, reading)
            under_way.append(beside.submit(_staged, columns, shapes, reading.target.shape, homes))
            if len(under_way) > READ_AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _check_frame(layer: Layer, reading: Reading) -> None:
    located = layer.geometry is not None or LON in reading.mapping or WKT in reading.mapping
    if reading.target.shape is None or not located:
        if reading.target.shape_needed:
            raise Refused(Problem.NO_POSITIONS)
        return
    if not reading.frame:
        raise Refused(Problem.FRAME_NOT_STATED)


def _cleaned(batch: Batch, reading: Reading) -> tuple[Columns, Shapes | None]:
    """The columns of a batch and its shapes in WGS84; None where the target has no shapes."""
    columns: Columns = {"row": pa.array(batch.rows)}
    for one in reading.target.fields:
        columns[one.name] = _column(batch, one, reading)
    if reading.target.made_code:
        columns["code"] = _made_codes(columns)
    if reading.target.shape is None:
        return columns, None
    return columns, _located(batch, reading, columns)


def _staged(
    columns: Columns, shapes: Shapes | None, kind: str | None, homes: Homes | None
) -> Staged:
    """The batch as it is stored.  This part reads nothing and notes no fault: it works in a thread
    of its own, half of the time outside of Python, while the next batch is read.
    """
    if shapes is not None:
        columns["shape"] = hex_ewkb(_as_stored(shapes, kind), kind)
    if shapes is not None and homes is not None:
        ids, codes = homes.of(shapes)
        columns["grid_id"] = pa.array(ids, type=pa.int64())
        columns["grid_code"] = pa.array(codes, type=pa.string())
    return Staged(pa.table(columns), len(columns["row"]))


def _column(batch: Batch, one: Field, reading: Reading) -> pa.Array:
    """A field's values; what is not mapped or empty is what an empty cell becomes."""
    kind = ARROW.get(one.sql, pa.string())
    source = reading.mapping.get(one.name)
    if not source:
        return pa.array([one.default] * len(batch.rows), type=kind)
    values, faults = clean(batch.table[source], one.kind, batch.rows, source)
    reading.faults.take(faults)
    values = values.cast(kind)
    return values if one.default is None else pc.fill_null(values, one.default)


def _located(batch: Batch, reading: Reading, columns: Columns) -> Shapes:
    shapes = _shapes(batch, reading) if reading.frame else _nothing(len(batch.rows))
    missing = shapely.is_missing(shapes)
    if reading.target.address_will_do:
        lost = missing & (np.asarray(columns["address"].to_numpy(zero_copy_only=False)) == "")
        _note_unlocated(batch, reading, lost)
    elif reading.target.shape_needed:
        _note_unlocated(batch, reading, missing)
    return shapes


def _note_unlocated(batch: Batch, reading: Reading, lost: Mask) -> None:
    """Rows without a place, but for those whose shape was refused already."""
    told = {fault.row for fault in reading.faults}
    for row in batch.rows[lost].tolist():
        if row not in told:
            reading.faults.note(row, "", Problem.NO_PLACE)


def _shapes(batch: Batch, reading: Reading) -> Shapes:
    """Shapes of a batch in WGS84, None where there are none or faulty ones.

    Raises:
        Refused: east and north were exchanged, and nobody has said so.
    """
    mapping, rows = reading.mapping, batch.rows
    if LON in mapping:
        east, north = _axes(mapping, reading)
        table = batch.table
        shapes, faults = points_from_columns(table[east], table[north], rows, (east, north))
        reading.faults.take(faults)
        refuse_swapped(shapes)
    else:
        shapes = _checked(_drawn(batch, reading), rows, reading)
        if reading.exchange_axes:
            shapes = exchange(shapes)
        refuse_swapped(shapes)
    placed, faults = place(shapes, rows, frame_named(reading.frame))
    reading.faults.take(faults)
    return placed


def _drawn(batch: Batch, reading: Reading) -> Shapes:
    """Shapes as the file draws them: a column of WKT, or those of a GIS layer."""
    if WKT not in reading.mapping:
        return batch.geometry if batch.geometry is not None else _nothing(len(batch.rows))
    name = reading.mapping[WKT]
    shapes, _stated, faults = shapes_from_wkt(batch.table[name], batch.rows, name)
    reading.faults.take(faults)
    return shapes


def _nothing(count: int) -> Shapes:
    return np.full(count, None, dtype=object)


def _checked(drawn: Shapes, rows: Rows, reading: Reading) -> Shapes:
    """Sound shapes of the wanted kind; where none is drawn, that is told by who needs one."""
    shapes, there = _nothing(len(rows)), ~shapely.is_missing(drawn)
    wanted: Any = reading.target.shape
    shapes[there], faults = clean_shapes(drawn[there], rows[there], wanted)
    reading.faults.take(faults)
    return shapes


def _axes(mapping: Mapping[str, str], reading: Reading) -> tuple[str, str]:
    pair = mapping[LON], mapping[LAT]
    return pair[::-1] if reading.exchange_axes else pair


def _as_stored(shapes: Shapes, kind: str | None) -> Shapes:
    """Lines as multi lines, which is how streets are stored."""
    if kind != "line":
        return shapes
    single = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    stored = shapes.copy()
    stored[single] = [shapely.MultiLineString([line]) for line in shapes[single]]
    return stored


def hex_ewkb(shapes: Shapes, kind: str | None) -> pa.Array:
    """Shapes as hex EWKB, null where there is none."""
    if kind == "point":
        return _hex_points(shapes)
    framed = shapely.set_srid(shapes, WGS84)
    return pa.array(shapely.to_wkb(framed, hex=True, include_srid=True), type=pa.string())


def _hex_points(points: Shapes) -> pa.Array:
    """The same for points: all are equally long, so numpy lays them side by side."""
    packed = np.empty(len(points), dtype=EWKB_POINT)
    packed["order"], packed["kind"], packed["srid"] = 1, 0x20000001, WGS84
    packed["x"], packed["y"] = shapely.get_x(points), shapely.get_y(points)
    ends = np.arange(len(points) + 1, dtype=np.int32) * (2 * EWKB_POINT.itemsize)
    there = pa.array(~shapely.is_missing(points))
    text = packed.tobytes().hex().encode()
    return pa.StringArray.from_buffers(
        len(points), pa.py_buffer(ends), pa.py_buffer(text), there.buffers()[1]
    )


def _made_codes(columns: Columns) -> pa.Array:
    """Codes; where there is none, one that the same name and address will give again."""
    codes = columns["code"]
    if not codes.null_count:
        return codes
    names = columns["name"].to_pylist()
    others = columns["address"].to_pylist() if "address" in columns else [""] * len(names)
    made = [
        code or _made_code(f"{name or ''}\x1f{other or ''}")
        for code, name, other in zip(codes.to_pylist(), names, others, strict=True)
    ]
    return pa.array(made, type=pa.string())


def _made_code(text: str) -> str:
    return "N-" + hashlib.sha256(text.encode()).hexdigest()[:MADE_DIGITS]


def frame_of_wkt(batch: Batch, mapping: Mapping[str, str]) -> AnyFrame | None:
    """The frame that a column of EWKT names by its SRIDs; None without such."""
    if WKT not in mapping:
        return None
    name = mapping[WKT]
    return shapes_from_wkt(batch.table[name], batch.rows, name)[1]


def coordinates_of(batch: Batch, mapping: Mapping[str, str]) -> tuple[Floats, Floats] | None:
    """East and north of the columns that hold them, unreadable cells as NaN; None without such."""
    if LON not in mapping or LAT not in mapping:
        return None
    names = (mapping[LON], mapping[LAT])
    points, _ = points_from_columns(batch.table[names[0]], batch.table[names[1]], batch.rows, names)
    return shapely.get_x(points), shapely.get_y(points)
