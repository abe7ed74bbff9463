"""Opening a file that somebody sent, whatever it is.  Pure.

    with open_source(path, name="网格.zip") as source:
        for layer in source.layers:
            for batch in source.batches(layer): ...

What is taken out of a zip lives in a folder that goes with the `with`.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from grids.imports import csv_file, gis_files, kml, shapefile, xlsx_file, zips
from grids.imports.kinds import Kind, kind_of
from grids.imports.layer import Batch, Format, Layer, Source
from grids.imports.limits import LIMITS, Limits
from grids.imports.problems import Problem, Refused

__all__ = ["LIMITS", "Batch", "Format", "Layer", "Limits", "Source", "open_source"]


# Where what is packed lies while it is read; a reader that is killed leaves its folder behind.
TAKEN_OUT = "gis-server-import-"


@contextmanager
def open_source(path: Path, *, name: str, limits: Limits = LIMITS) -> Iterator[Source]:
    """The file at `path`; `name` is what its sender called it and names its only layer.

    Raises:
        Refused: nothing of the file can be used.
    """
    kind = kind_of(path, name, limits)
    stem = PurePath(name.replace("\\", "/")).stem or "1"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix=TAKEN_OUT)))
        if kind is Kind.ZIP:
            yield _zipped(path, folder, stack, limits)
            return
        # GDAL judges by endings, too, and looks beside the file: give it a name and a folder.
        link = folder / f"source{ENDINGS[kind]}"
        link.symlink_to(path.resolve())
        yield _plain(kind, link, stem, limits)


ENDINGS = {
    Kind.GEOPACKAGE: ".gpkg",
    Kind.GEOJSON: ".geojson",
    Kind.KML: ".kml",
    Kind.TEXT: ".csv",
}


def _zipped(path: Path, folder: Path, stack: ExitStack, limits: Limits) -> Source:
    archive = stack.enter_context(zips.opened(path, limits))
    if xlsx_file.is_workbook(archive):
        return xlsx_file.open_xlsx(archive, path, limits)
    if archive.named(".shp") or archive.named(".dbf"):
        return shapefile.open_shapefiles(archive, folder, limits)
    raise Refused(Problem.NO_SHAPEFILE)


def _plain(kind: Kind, path: Path, stem: str, limits: Limits) -> Source:
    if kind is Kind.GEOPACKAGE:
        return gis_files.open_geopackage(path, limits)
    if kind is Kind.GEOJSON:
        return gis_files.open_geojson(path, stem, limits)
    if kind is Kind.KML:
        return kml.open_kml(path, stem, limits)
    return csv_file.open_csv(path, stem, limits)
