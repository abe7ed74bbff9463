"""GeoPackage and GeoJSON, and the shapes of a Shapefile, through GDAL in batches of columns.  Pure.

Both drivers stream: a million points take 85 and 100 MB above the start
(docs/design/import-files.md).  GDAL
opens much more than files: everything that could make it do so is refused before it is asked (see
`check_geopackage` and `check_geojson`), and a path it gets is always one of our own, in a folder
of our own.
"""

import codecs
import json
import math
import re
import sqlite3
import struct
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FeatureError, FieldError

from grids.imports.crs import frame_of, words_for
from grids.imports.layer import Batch, Format, Layer, Shapes, Source, usable
from grids.imports.limits import CELL_CHARACTERS, MIB, Limits
from grids.imports.problems import Faults, Problem, Refused, Rows, shown
from grids.imports.shapes import parsed

UNREADABLE = (
    DataSourceError, DataLayerError, FieldError, FeatureError, CRSError,
    UnicodeDecodeError, pa.ArrowException, OSError,
)  # fmt: skip
STREAMED_HEAD = 6000  # GDAL streams a GeoJSON only when this much of it says "FeatureCollection"
CHUNK = 4 * MIB
MEMBER_BYTES = 512
CRS_MEMBER = re.compile(rb'"(?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)"\s*:\s*(?=[{])')
# The one form of RFC 7946's predecessor (GeoJSON 2008, 3.1) that names no address.
CRS_NAMED = re.compile(
    rb'\{\s*"type"\s*:\s*"name"\s*,\s*"properties"\s*:\s*'
    rb'\{\s*"name"\s*:\s*"((?:urn:ogc:def:crs:)?[\w:.]{1,60})"\s*\}\s*\}'
)


# --- GDAL ------------------------------------------------------------------------------------


@contextmanager
def quiet() -> Iterator[None]:
    """Without GDAL's warnings: what they are about is found and told here, by row.

    Python's filters belong to the whole process: read files in a job, not in a web thread.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def about(path: str, layer: str | None = None) -> dict[str, Any]:
    """What GDAL says of a layer: crs, fields, features, geometry_type, driver."""
    with quiet():
        found: dict[str, Any] = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    return found


def tables(
    path: str, layer: str | None, size: int
) -> Iterator[tuple[pa.Table, pa.ChunkedArray | None]]:
    """Batches as GDAL gives them: attributes, and shapes as WKB where the layer has any.

    The shapes come last; an attribute may have the same name.
    """
    with ExitStack() as stack:
        with quiet():
            opened = pyogrio.raw.open_arrow(path, layer=layer, batch_size=size)
            meta, stream = stack.enter_context(opened)
            reader = pa.RecordBatchReader.from_stream(stream)
        while True:
            with quiet():
                batch = next(reader, None)
            if batch is None:
                return
            table = pa.Table.from_batches([batch])
            last = table.num_columns - 1
            if last < 0 or table.column_names[last] != (meta["geometry_name"] or "wkb_geometry"):
                yield table, None
            else:
                yield table.remove_column(last), table.column(last)


def batch_rows(file_bytes: int, count: int, size: int, limits: Limits) -> int:
    """How many rows to take at once so that a batch stays small however large its rows are."""
    return max(1, min(size, math.ceil(limits.batch_bytes * max(count, 1) / max(file_bytes, 1))))


def shapes_of(wkb: pa.ChunkedArray, rows: Rows, faults: Faults) -> Shapes:
    """Shapes of a WKB column; what cannot be read becomes None and a fault."""
    raw = wkb.to_numpy(zero_copy_only=False)
    shapes = parsed(shapely.from_wkb, raw)
    lost = shapely.is_missing(shapes) & np.fromiter((w is not None for w in raw), bool, len(raw))
    for row in rows[lost]:
        faults.note(row, "", Problem.SHAPE_UNREADABLE)
    return shapes


def _batches(path: Path, prefix: str, layer: Layer, size: int, limits: Limits) -> Iterator[Batch]:
    rows_at_once = batch_rows(path.stat().st_size, layer.count or 0, size, limits)
    first = 1
    name = None if prefix else layer.name
    try:
        for table, wkb in tables(prefix + str(path), name, rows_at_once):
            count = table.num_rows if wkb is None else len(wkb)
            yield _batch(table, wkb, np.arange(first, first + count, dtype=np.int64), layer)
            first += count
    except UNREADABLE as error:
        raise Refused(Problem.DAMAGED) from error
    if first - 1 != layer.count:
        raise Refused(Problem.DAMAGED)


def _batch(table: pa.Table, wkb: pa.ChunkedArray | None, rows: Rows, layer: Layer) -> Batch:
    faults = Faults()
    columns = [plain(table[name], rows, name, faults) for name in layer.columns]
    has_shapes = layer.geometry is not None and wkb is not None
    shapes = shapes_of(wkb, rows, faults) if has_shapes else None
    return Batch(int(rows[0]), rows, pa.table(columns, list(layer.columns)), shapes, faults)


def plain(column: pa.ChunkedArray, rows: Rows, name: str, faults: Faults) -> pa.Array:
    """A column of text, numbers, days or truth values; nested values become JSON text."""
    flat = column.combine_chunks()
    flat = flat.storage if isinstance(flat, pa.ExtensionArray) else flat
    if pa.types.is_nested(flat.type):
        texts = [None if v is None else json.dumps(v, default=str) for v in flat.to_pylist()]
        flat = pa.array(texts, pa.string())
    if pa.types.is_string(flat.type) or pa.types.is_large_string(flat.type):
        return bounded(_decoded(flat, rows, name, faults))
    return flat


def _decoded(texts: pa.Array, rows: Rows, name: str, faults: Faults) -> pa.Array:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return texts
    kept: list[str | None] = []
    for row, raw in zip(rows, texts.cast(pa.binary()).to_pylist(), strict=True):
        try:
            kept.append(None if raw is None else raw.decode())
        except UnicodeDecodeError:
            kept.append(None)
            faults.note(row, name, Problem.UNREADABLE_TEXT)
    return pa.array(kept, pa.string())


def bounded(texts: pa.Array) -> pa.Array:
    """Texts cut just beyond the longest that a cell may have; `cells.clean` refuses those."""
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest <= CELL_CHARACTERS:
        return texts
    return pc.utf8_slice_codeunits(texts, 0, CELL_CHARACTERS + 1)


def _layer(info: dict[str, Any], name: str, crs: str, limits: Limits) -> Layer:
    binary = {"OFTBinary"}
    fields = zip(info["fields"], info["ogr_types"], strict=True)
    columns = tuple(str(field) for field, kind in fields if kind not in binary)
    if len(columns) > limits.columns:
        raise Refused(Problem.TOO_MANY_COLUMNS, limit=limits.columns)
    if info["features"] > limits.rows:
        raise Refused(Problem.TOO_MANY_ROWS, limit=limits.rows)
    empty = Refused(Problem.NO_ROWS) if info["features"] == 0 else None
    geometry = info["geometry_type"]
    return Layer(
        name, columns, geometry, frame_of(crs), words_for(crs), info["features"], empty
    )  # fmt: skip


# --- GeoPackage --------------------------------------------------------------------------------


def open_geopackage(path: Path, limits: Limits) -> Source:
    """Every layer and plain table of a GeoPackage.

    Raises:
        Refused: cut off, damaged, no GeoPackage, or nothing in it that may be read.
    """
    views = check_geopackage(path, limits)
    layers = []
    try:
        for name, is_view in views.items():
            if is_view:
                # A view runs whatever query somebody wrote into the file.
                refused = Refused(Problem.VIEW, name=shown(name))
                layers.append(Layer(name, (), refused=refused))
                continue
            info = about(str(path), name)
            if info["driver"] != "GPKG":
                raise Refused(Problem.NOT_GEOPACKAGE)
            layers.append(_layer(info, name, info["crs"] or "", limits))
    except UNREADABLE as error:
        raise Refused(Problem.DAMAGED) from error

    def read(layer: Layer, size: int) -> Iterator[Batch]:
        return _batches(path, "", layer, size, limits)

    return Source(Format.GEOPACKAGE, "", usable(layers), read)


def check_geopackage(path: Path, limits: Limits) -> dict[str, bool]:
    """Names of the layers, and whether each is something else than a table of its own.

    Raises:
        Refused: cut off, damaged, no GeoPackage, or a value too large to be held.
    """
    _check_pages(path)
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    base = sqlite3.connect(uri, uri=True)
    try:
        base.execute("PRAGMA trusted_schema = OFF")
        listed = base.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
            " ORDER BY table_name"
        ).fetchmany(limits.layers + 1)
        if len(listed) > limits.layers:
            raise Refused(Problem.TOO_MANY_LAYERS, limit=limits.layers)
        views = {str(name): not _is_table(base, str(name)) for (name,) in listed}
        for name in (name for name, is_view in views.items() if not is_view):
            _check_sizes(base, name, limits)
    except sqlite3.OperationalError as error:
        missing = "no such table" in str(error)
        raise Refused(Problem.NOT_GEOPACKAGE if missing else Problem.DAMAGED) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise Refused(Problem.DAMAGED) from error
    finally:
        base.close()
    return views


def _check_pages(path: Path) -> None:
    """SQLite's own header tells how long the file must be (file format, 1.3.7 and 1.3.8)."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100:
        raise Refused(Problem.CUT_OFF)
    page = struct.unpack(">H", head[16:18])[0]
    changed, pages, valid_for = (
        struct.unpack(">I", head[k : k + 4])[0] for k in (24, 28, 92)
    )  # fmt: skip
    bytes_told = pages * (65_536 if page == 1 else page)
    if changed == valid_for and path.stat().st_size < bytes_told:
        raise Refused(Problem.CUT_OFF)


def _is_table(base: sqlite3.Connection, name: str) -> bool:
    row = base.execute(
        "SELECT type, sql FROM sqlite_master WHERE lower(name) = lower(?)", (name,)
    ).fetchone()
    return bool(row and row[0] == "table" and not str(row[1]).upper().startswith("CREATE VIRTUAL"))


def _check_sizes(base: sqlite3.Connection, name: str, limits: Limits) -> None:
    columns = [
        str(row[1]) for row in base.execute("SELECT * FROM pragma_table_info(?)", (name,))
    ]  # fmt: skip
    if len(columns) > limits.columns + 2:
        raise Refused(Problem.TOO_MANY_COLUMNS, limit=limits.columns)
    lengths = ", ".join(f"max(length({_quoted(column)}))" for column in columns)
    query = f"SELECT {lengths} FROM {_quoted(name)}"
    largest = base.execute(query).fetchone() if columns else ()
    if any(isinstance(length, int) and length > limits.shape_bytes for length in largest):
        raise Refused(Problem.SHAPE_TOO_LARGE, limit_mb=limits.shape_bytes // MIB)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# --- GeoJSON -----------------------------------------------------------------------------------


def open_geojson(path: Path, name: str, limits: Limits) -> Source:
    """A FeatureCollection, one Feature, or a bare geometry.

    Raises:
        Refused: no UTF-8, no GeoJSON, cut off, or a crs that points elsewhere.
    """
    crs = check_geojson(path, limits)
    # The prefix makes this the only driver that is asked; others open JSON as well, and one of
    # them (GDALG) runs the commands in it.
    prefix = "GeoJSON:"
    pyogrio.set_gdal_config_options({"OGR_GEOJSON_MAX_OBJ_SIZE": str(limits.shape_bytes // MIB)})
    try:
        info = about(f"{prefix}{path}")
    except UNREADABLE as error:
        raise Refused(_why_no_geojson(path, str(error))) from error
    layers = [_layer(info, name, crs, limits)]

    def read(layer: Layer, size: int) -> Iterator[Batch]:
        return _batches(path, prefix, layer, size, limits)

    return Source(Format.GEOJSON, "utf-8", usable(layers), read)


def check_geojson(path: Path, limits: Limits) -> str:
    """The crs that the file names, empty when it names none.

    RFC 7946 says that a file without one is WGS84.  In China it is whatever the map was that
    somebody clicked on, so nothing stated means nothing known.

    Raises:
        Refused: no UTF-8, a crs that is not a plain name, or one object too large to be held.
    """
    if not is_utf8(path):
        raise Refused(Problem.NOT_UTF8)
    with path.open("rb") as file:
        head = file.read(STREAMED_HEAD)
    if path.stat().st_size > limits.shape_bytes and b"FeatureCollection" not in head:
        raise Refused(Problem.SHAPE_TOO_LARGE, limit_mb=limits.shape_bytes // MIB)
    named = ""
    for member in _crs_members(path):
        crs = CRS_NAMED.match(member)
        if crs is None:
            raise Refused(Problem.FOREIGN_CRS)
        named = named or crs[1].decode("ascii")
    return named


def _crs_members(path: Path) -> Iterator[bytes]:
    """What follows each `"crs": `, as long as `MEMBER_BYTES`; the file is passed in windows."""
    with path.open("rb") as file:
        text = file.read(CHUNK)
        while text:
            more = file.read(CHUNK)
            for member in CRS_MEMBER.finditer(text):
                if member.start() < len(text) - MEMBER_BYTES or not more:
                    yield text[member.end() : member.end() + MEMBER_BYTES]
            text = text[-MEMBER_BYTES:] + more if more else b""


def is_utf8(path: Path) -> bool:
    """Whether the whole file is UTF-8; a letter cut off at its very end is left to the reader."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _why_no_geojson(path: Path, message: str) -> Problem:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1024))
        ends = file.read().rstrip()[-1:] in {b"}", b"]"}
    return Problem.NOT_GEOJSON if ends and "Unterminated" not in message else Problem.CUT_OFF
