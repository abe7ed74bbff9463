"""Files as districts send them, written by the real writers, and short ways to read them."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyogrio
import pytest
import shapely
from django.utils import translation

from grids.imports.layer import Batch, Source
from grids.imports.limits import LIMITS, Limits
from grids.imports.problems import CellFault, Faults, Problem, Refused, merged
from grids.imports.source import open_source
from grids.imports.texts import sentence

Row = Mapping[str, Any]

# A crossing in the model district, degrees.
LON, LAT = 112.5572, 37.8736
ROWS: list[dict[str, Any]] = [
    {"code": "140107001001001", "name": "杏花岭一号网格", "shape": shapely.Point(LON, LAT)},
    {"code": "140107001001002", "name": "杏花岭二号网格", "shape": shapely.Point(LON, LAT + 0.01)},
]


def write_layer(
    path: Path, rows: Sequence[Row] = ROWS, *, crs: str | None = "EPSG:4490", **options: Any
) -> Path:
    """A layer by GDAL; its kind follows from the ending, its geometry from the first row."""
    names = [name for name in rows[0] if name != "shape"]
    columns = {name: [row[name] for row in rows] for name in names}
    wkb = [None if row["shape"] is None else shapely.to_wkb(row["shape"]) for row in rows]
    table = pa.table({**columns, "shape": pa.array(wkb, pa.binary())})
    given = options.pop("geometry_type", None)
    first = next(row["shape"] for row in rows if row["shape"] is not None)
    kind = given or first.geom_type + (" Z" if first.has_z else "")
    pyogrio.write_arrow(
        table, str(path), geometry_name="shape", geometry_type=kind, crs=crs, **options
    )
    return path


def zip_of(path: Path, files: Iterable[Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path


def shapefile(folder: Path, stem: str = "grids", **options: Any) -> list[Path]:
    """The parts of a Shapefile, sorted by name; UTF-8 unless said otherwise."""
    folder.mkdir(exist_ok=True)
    write_layer(folder / f"{stem}.shp", **{"encoding": "UTF-8", **options})
    return sorted(folder.glob(f"{stem}.*"))


def workbook(path: Path, rows: Sequence[Sequence[Any]], merges: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    book.save(path)
    return path


def feature(shape: Any = None, **properties: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [LON, LAT]}
    return {"type": "Feature", "properties": properties, "geometry": shape or point}


def geojson(path: Path, *features: Any, **members: Any) -> Path:
    whole = {"type": "FeatureCollection", **members, "features": list(features)}
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def rows_of(source: Source, layer: int = 0, size: int = 20_000) -> list[dict[str, Any]]:
    """All rows of a layer, with the numbers that users see and the shapes as WKT."""
    return [row for batch in source.batches(source.layers[layer], size) for row in _rows_of(batch)]


def _rows_of(batch: Batch) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.table.to_pylist() or [{} for _ in batch.rows]
    for k, row in enumerate(rows):
        row["#"] = int(batch.rows[k])
        if batch.geometry is not None:
            row["shape"] = None if batch.geometry[k] is None else batch.geometry[k].wkt
    return rows


def read(path: Path, layer: int = 0) -> list[dict[str, Any]]:
    with open_source(path, name=path.name) as source:
        return rows_of(source, layer)


def faults_in(path: Path, layer: int = 0) -> Faults:
    """What the reader itself finds wrong with cells."""
    with open_source(path, name=path.name) as source:
        return merged(batch.faults for batch in source.batches(source.layers[layer]))


def refusal(path: Path, name: str = "", limits: Limits = LIMITS) -> tuple[Problem, str]:
    """Why a file is not read to its end, and the English sentence that its sender reads."""
    with pytest.raises(Refused) as caught:
        _read_all(path, name or path.name, limits)
    return caught.value.problem, english(caught.value.problem, caught.value.details)


def _read_all(path: Path, name: str, limits: Limits) -> None:
    with open_source(path, name=name, limits=limits) as source:
        for layer in source.layers:
            for _ in source.batches(layer):
                pass


def english(problem: Problem, details: Mapping[str, object]) -> str:
    with translation.override("en"):
        return sentence(problem, details)


def told(faults: Iterable[CellFault]) -> list[tuple[int, str, str]]:
    """Row, column and English sentence of each fault."""
    return [
        (fault.row, fault.column, english(fault.problem, fault.details)) for fault in faults
    ]  # fmt: skip
