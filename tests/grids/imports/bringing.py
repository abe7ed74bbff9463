"""Small files for a small territory, brought in as a command would."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import shapely
from django.utils import timezone

from grids.imports.whole import How, apply_checked, check_file
from grids.models import ImportRun

SCOPE = "140107"
SPRING = date(2026, 4, 1)


def table(folder: Path, header: str, *rows: str, name: str = "table.csv") -> Path:
    """A CSV file of comma-separated lines."""
    path = folder / name
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def layer(
    folder: Path,
    shapes: Sequence[shapely.Geometry],
    name: str = "layer.gpkg",
    crs: int = 4490,
    **columns: Any,
) -> Path:
    """A GeoPackage of shapes with columns."""
    path = folder / name
    path.unlink(missing_ok=True)
    geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs).to_file(path, driver="GPKG")
    return path


def checked(path: Path, target: str, **how: Any) -> ImportRun:
    values: dict[str, Any] = {"scope": SCOPE, "valid_from": SPRING, "frame": "wgs84"} | how
    return check_file(path, How(target=target, **values), now=timezone.now())


def brought(path: Path, target: str, **how: Any) -> ImportRun:
    """Checked and applied; the check must have found nothing."""
    run = checked(path, target, **how)
    assert (run.step, run.fault_counts, run.problem) == ("checked", {}, "")
    return apply_checked(run, now=timezone.now())


def problems(run: ImportRun) -> list[tuple[int | None, str]]:
    """Row and problem of each fault."""
    return list(run.faults.values_list("row", "problem"))


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))
