"""Shapefiles in a zip: any number of them, each of .shp, .shx, .dbf and perhaps .prj, .cpg.  Pure.

The parts are taken out under names of our own; GDAL reads the shapes, `dbf` the table.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from grids.imports import dbf, gis_files
from grids.imports.crs import frame_of, words_for
from grids.imports.layer import Batch, Format, Layer, Source, usable
from grids.imports.limits import Limits
from grids.imports.problems import Faults, Problem, Refused, shown
from grids.imports.zips import Archive, Entry

NEEDED = (".shp", ".shx", ".dbf")
TAKEN = (*NEEDED, ".prj", ".cpg")
FILE_CODE = 9994
HEAD = 100  # bytes, of .shp and .shx (Esri's "Shapefile Technical Description", 1998)

Parts = dict[str, Entry]


@dataclass(frozen=True)
class Member:
    """One Shapefile of the zip, taken out."""

    shp: Path
    table: dbf.Dbf
    encoding: str
    names: list[str]


def open_shapefiles(archive: Archive, folder: Path, limits: Limits) -> Source:
    """
    Raises:
        Refused: a part is missing, cut off or damaged, or there are too many.
    """
    found = _members(archive)
    if len(found) > limits.layers:
        raise Refused(Problem.TOO_MANY_LAYERS, limit=limits.layers)
    members: dict[str, Member] = {}
    layers = []
    left = limits.inflated_bytes
    for number, (name, parts) in enumerate(sorted(found.items())):
        left -= _take_out(archive, parts, folder, number, left)
        shp = folder / f"{number}.shp"
        members[name] = _member(shp, name)
        layers.append(_layer(members[name], name, limits))

    def read(layer: Layer, size: int) -> Iterator[Batch]:
        return _batches(members[layer.name], layer, size, limits)

    encodings = {member.encoding for member in members.values()}
    return Source(Format.SHAPEFILE, ", ".join(sorted(encodings)), usable(layers), read)


def _members(archive: Archive) -> dict[str, Parts]:
    """Parts by ending of each Shapefile, under the name that tells it from the others."""
    groups: dict[PurePosixPath, Parts] = {}
    for entry in archive.entries:
        ending = entry.path.suffix.lower()
        if ending not in TAKEN:
            continue
        parts = groups.setdefault(PurePosixPath(str(entry.path.with_suffix("")).lower()), {})
        if ending in parts:
            raise Refused(Problem.TWICE_IN_ZIP, name=shown(entry.path))
        parts[ending] = entry
    groups = {stem: parts for stem, parts in groups.items() if {".shp", ".dbf"} & set(parts)}
    for parts in groups.values():
        if missing := [ending for ending in NEEDED if ending not in parts]:
            name = next(iter(parts.values())).path.stem
            raise Refused(Problem.PART_MISSING, name=shown(name), missing=", ".join(missing))
    stems = [parts[".shp"].path.stem for parts in groups.values()]
    return {
        str(path.with_suffix("")) if stems.count(path.stem) > 1 else path.stem: parts
        for parts in groups.values()
        for path in [parts[".shp"].path]
    }


def _take_out(archive: Archive, parts: Parts, folder: Path, number: int, left: int) -> int:
    written = 0
    for ending, entry in parts.items():
        written += archive.extract(entry, folder / f"{number}{_kept_as(ending)}", left - written)
    return written


def _kept_as(ending: str) -> str:
    """GDAL must not find the table beside the shapes: it would read that, too."""
    return {".dbf": ".table", ".cpg": ".said"}.get(ending, ending)


def _member(shp: Path, name: str) -> Member:
    shapes = _count(shp)
    table = dbf.open_dbf(shp.with_suffix(".table"))
    if shapes != table.rows:
        raise Refused(Problem.PARTS_DIFFER, name=shown(name), shapes=shapes, rows=table.rows)
    said = shp.with_suffix(".said")
    cpg = said.read_bytes()[:100].decode("ascii", "ignore") if said.exists() else ""
    encoding = dbf.encoding_of(table, cpg)
    return Member(shp, table, encoding, dbf.names_of(table, encoding))


def _count(shp: Path) -> int:
    """How many shapes the index tells; both files must be as long as their heads say."""
    for path in (shp, shp.with_suffix(".shx")):
        with path.open("rb") as file:
            head = file.read(HEAD)
        if len(head) < HEAD:
            raise Refused(Problem.CUT_OFF)
        code, words = struct.unpack(">I", head[:4])[0], struct.unpack(">I", head[24:28])[0]
        if code != FILE_CODE:
            raise Refused(Problem.DAMAGED)
        if path.stat().st_size < 2 * words:
            raise Refused(Problem.CUT_OFF)
    return int((2 * words - HEAD) // 8)


def _layer(member: Member, name: str, limits: Limits) -> Layer:
    if len(member.names) > limits.columns:
        raise Refused(Problem.TOO_MANY_COLUMNS, limit=limits.columns)
    if member.table.rows > limits.rows:
        raise Refused(Problem.TOO_MANY_ROWS, limit=limits.rows)
    try:
        info = gis_files.about(str(member.shp))
    except gis_files.UNREADABLE as error:
        raise Refused(Problem.DAMAGED) from error
    if info["driver"] != "ESRI Shapefile":
        raise Refused(Problem.DAMAGED)
    crs = info["crs"] or _prj(member.shp)
    empty = Refused(Problem.NO_ROWS) if member.table.rows == 0 else None
    return Layer(
        name, tuple(member.names), info["geometry_type"], frame_of(crs), words_for(crs),
        member.table.rows, empty,
    )  # fmt: skip


def _prj(shp: Path) -> str:
    """What the .prj says when GDAL makes nothing of it."""
    prj = shp.with_suffix(".prj")
    return prj.read_bytes()[:4096].decode("utf-8", "replace").strip() if prj.exists() else ""


def _batches(member: Member, layer: Layer, size: int, limits: Limits) -> Iterator[Batch]:
    table = member.table
    file_bytes = member.shp.stat().st_size + table.rows * table.record_bytes
    at_once = gis_files.batch_rows(file_bytes, table.rows, size, limits)
    first = 1
    try:
        shapes = gis_files.tables(str(member.shp), None, at_once)
        for (_, wkb), block in zip(shapes, table.blocks(at_once), strict=True):
            if wkb is None:
                raise Refused(Problem.DAMAGED)
            rows = np.arange(first, first + len(block), dtype=np.int64)
            first += len(block)
            kept = block[:, 0] != dbf.DELETED
            faults = Faults()
            yield Batch(
                int(rows[0]),
                rows[kept],
                dbf.table_of(block[kept], table, member.encoding, member.names, rows[kept], faults),
                gis_files.shapes_of(wkb.filter(kept), rows[kept], faults),
                faults,
            )
    except (*gis_files.UNREADABLE, ValueError) as error:
        raise Refused(Problem.DAMAGED) from error
