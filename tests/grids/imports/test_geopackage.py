"""GeoPackages: layers, and what a database from outside may not do."""

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import shapely

from gis_server.frames import Frame, Zone
from grids.imports.limits import LIMITS
from grids.imports.problems import Problem
from grids.imports.source import open_source
from tests.grids.imports.makers import (
    LAT,
    LON,
    ROWS,
    cut,
    english,
    faults_in,
    read,
    refusal,
    told,
    write_layer,
)


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection with the functions that the triggers of a GeoPackage ask for."""
    base = sqlite3.connect(path)
    base.create_function("ST_IsEmpty", 1, lambda _: 0)
    for function in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        base.create_function(function, 1, lambda _: 0.0)
    yield base
    base.commit()
    base.close()


def test_layers_are_read_with_their_frames(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", layer="网格")
    write_layer(path, layer="streets", crs="EPSG:4527", append=False)

    with open_source(path, name="a.gpkg") as source:
        frames = {layer.name: layer.frame for layer in source.layers}

    assert frames == {"网格": Frame.CGCS2000, "streets": Zone(4527)}
    assert [[row["#"] for row in read(path, layer)] for layer in (0, 1)] == [[1, 2], [1, 2]]


def test_batches_have_the_size_asked_for(tmp_path: Path) -> None:
    rows = [{"code": str(k), "shape": shapely.Point(LON, LAT)} for k in range(7)]
    path = write_layer(tmp_path / "a.gpkg", rows)

    with open_source(path, name="a.gpkg") as source:
        batches = list(source.batches(source.layers[0], size=3))

    assert [(batch.first_row, len(batch.rows)) for batch in batches] == [(1, 3), (4, 3), (7, 1)]


@pytest.mark.parametrize("share", [0.0005, 0.3, 0.95])
def test_a_geopackage_cut_off_in_the_middle(tmp_path: Path, share: float) -> None:
    path = cut(write_layer(tmp_path / "a.gpkg"), share)

    found, text = refusal(path)

    assert found is Problem.CUT_OFF
    assert text.startswith("The file ends in the middle")


def test_pages_full_of_zeros_are_noticed(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))

    found, text = refusal(path)

    assert found is Problem.DAMAGED
    assert text.startswith("The file is damaged, so nothing of it was read")


def test_any_other_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE grids (code)")
    base.close()

    assert refusal(path) == (
        Problem.NOT_GEOPACKAGE,
        "This is a database but not a GeoPackage: export the layer as a GeoPackage.",
    )


def test_a_layer_that_is_a_query_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", layer="grids")
    base = sqlite3.connect(path)
    # A view that would never end.
    base.execute(
        "CREATE VIEW trap AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS fid, 'x' AS code FROM n"
    )
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
        " VALUES ('trap', 'attributes', 'trap')"
    )
    base.commit()
    base.close()

    with open_source(path, name="a.gpkg") as source:
        refused = {layer.name: layer.refused for layer in source.layers}

    assert refused["grids"] is None
    assert refused["trap"] is not None
    assert english(refused["trap"].problem, refused["trap"].details) == (
        "The layer trap is a query, not a table: save it as a layer of its own and send that."
    )


def test_a_value_too_large_to_be_held_is_refused(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", layer="grids")
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    base.execute("INSERT INTO notes (text) VALUES (CAST(zeroblob(?) AS TEXT))", (1,))
    base.execute("UPDATE notes SET text = zeroblob(?)", (LIMITS.shape_bytes + 1,))
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
        " VALUES ('notes', 'attributes', 'notes')"
    )
    base.commit()
    base.close()

    assert refusal(path) == (
        Problem.SHAPE_TOO_LARGE,
        "A single shape or value is larger than 32 MB: simplify or split it.",
    )


def test_a_curve_is_a_fault_of_its_row(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", layer="grids", geometry_type="Unknown")
    # GeoPackage header (OGC 12-128r17, 2.1.3), then WKB of a CIRCULARSTRING of three points.
    arc = struct.pack("<2sBBi", b"GP", 0, 1, 4490)
    arc += struct.pack("<BII6d", 1, 8, 3, LON, LAT, LON + 1, LAT + 1, LON + 2, LAT)
    with changing(path) as base:
        base.execute("UPDATE grids SET geom = ? WHERE fid = 1", (arc,))

    assert [row["shape"] is None for row in read(path)] == [True, False]
    [(row, _, text)] = told(faults_in(path))
    assert row == 1
    assert text.startswith("The shape cannot be read (curves and 3D models are not)")


def test_text_that_is_not_utf8_is_a_fault_of_its_cell(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", layer="grids")
    with changing(path) as base:
        base.execute("UPDATE grids SET name = CAST(X'D0D3BBA8C1EB' AS TEXT) WHERE fid = 2")

    assert told(faults_in(path)) == [
        (
            2, "name",
            ("The text contains characters that cannot be read: type it anew, or export the file in"
            " UTF-8."),
        )
    ]  # fmt: skip


def test_a_geopackage_without_rows_is_refused(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", ROWS, layer="grids")
    base = sqlite3.connect(path)
    for (trigger,) in base.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        base.execute(f'DROP TRIGGER "{trigger}"')
    base.execute("DELETE FROM grids")
    base.execute("UPDATE gpkg_ogr_contents SET feature_count = 0")
    base.commit()
    base.close()

    assert refusal(path) == (
        Problem.NO_ROWS,
        "There are no rows of data: export the table with its content.",
    )
