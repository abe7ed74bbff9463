"""Reading and cleaning a million points of each format: CPU seconds, and memory above the start.

Each format in a process of its own, or the peak of one would hide that of the next.
"""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from benchmarks.report import Measure, at_most, finish
from gis_server.frames import Frame
from grids.imports.cells import CellKind, Choice, Code, Day, Text, Whole, clean
from grids.imports.layer import Batch
from grids.imports.shapes import clean_shapes, place, points_from_columns
from grids.imports.source import open_source

NAME = "imports"
ROOT = Path(__file__).resolve().parents[1]
POINTS = 1_000_000
ENDINGS = ("csv", "gpkg", "geojson")
MEMORY_MB, CELLS_S = 300, 3
KINDS: dict[str, CellKind] = {
    "code": Code(r"[0-9]{15}", needed=True),
    "name": Text(80, needed=True),
    "address": Text(120),
    "households": Whole(0, 10_000),
    "kind": Choice({"餐饮": "food", "零售": "grocery", "其他": "other"}),
    "since": Day(),
}


def main() -> int:
    measures: list[Measure] = []
    with TemporaryDirectory() as folder:
        table = million()
        for ending in ENDINGS:
            path = Path(folder) / f"points.{ending}"
            write(path, table)
            measures += measured(path, ending)
            path.unlink()
    return finish(NAME, measures)


def million() -> pa.Table:
    numbers = np.arange(POINTS)
    random = np.random.default_rng(1)
    return pa.table(
        {
            "code": [f"140107001001{n % 999 + 1:03d}" for n in numbers],
            "name": [f"杏花岭小区{n}号楼" for n in numbers],
            "address": [f"太原市杏花岭区胜利街{n % 3000}号" for n in numbers],
            "households": random.integers(0, 300, POINTS),
            "kind": np.array(["餐饮", "零售", "其他"], dtype=object)[numbers % 3],
            "since": [f"2026-01-{n % 28 + 1:02d}" for n in numbers],
            "lon": np.round(112.5 + 0.2 * random.random(POINTS), 7),
            "lat": np.round(37.8 + 0.2 * random.random(POINTS), 7),
        }
    )


def write(path: Path, table: pa.Table) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(table.column_names)
            out.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
        return
    points = shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
    shapes = table.drop_columns(["lon", "lat"]).append_column(
        "shape", pa.array(shapely.to_wkb(points))
    )
    pyogrio.write_arrow(
        shapes, str(path), geometry_name="shape", geometry_type="Point", crs="EPSG:4326"
    )


def measured(path: Path, ending: str) -> list[Measure]:
    start = f"from benchmarks.imports import child; child({str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", start], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    return [
        Measure(f"{ending}: open and read", found["read_s"], "CPU s"),
        Measure(f"{ending}: six columns", found["cells_s"], "CPU s", goal=at_most(CELLS_S)),
        Measure(f"{ending}: points", found["shapes_s"], "CPU s"),
        Measure(f"{ending}: memory", found["memory_mb"], "MB", goal=at_most(MEMORY_MB)),
    ]


def child(path: str) -> None:
    """Read one file and print what it took; runs in its own process."""
    before, begun = peak_mb(), time.process_time()
    cells_s = shapes_s = 0.0
    with open_source(Path(path), name=path) as source:
        for batch in source.batches(source.layers[0]):
            cells_s += timed(clean_columns, batch)
            shapes_s += timed(clean_points, batch)
    whole = time.process_time() - begun
    figures = {"read_s": whole - cells_s - shapes_s, "cells_s": cells_s, "shapes_s": shapes_s}
    print(json.dumps(figures | {"memory_mb": peak_mb() - before}))


def timed(step: object, batch: Batch) -> float:
    assert callable(step)
    begun = time.process_time()
    step(batch)
    return time.process_time() - begun


def clean_columns(batch: Batch) -> None:
    for name, kind in KINDS.items():
        _, faults = clean(batch.table[name], kind, batch.rows, name)
        assert not faults


def clean_points(batch: Batch) -> None:
    points = batch.geometry
    if points is None:
        x, y = batch.table["lon"], batch.table["lat"]
        points, _ = points_from_columns(x, y, batch.rows, ("lon", "lat"))
    points, faults = clean_shapes(points, batch.rows, "point")
    assert not faults
    place(points, batch.rows, Frame.GCJ02)


def peak_mb() -> float:
    """The most memory that this process has held, from Linux (VmHWM, kB)."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
