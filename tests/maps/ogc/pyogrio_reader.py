"""Read every layer with the GDAL that pyogrio brings, in a process of its own.

pyogrio_reader.py ADDRESS: the token is in GDAL_HTTP_BEARER.  Prints a JSON object:
of each layer how many features came, and the first camera's x and y by EPSG number.
"""

import json
import sys

import pyogrio
from pyproj import CRS


def main(address: str) -> None:
    source = f"OAPIF:{address}"
    names = [str(name) for name, _ in pyogrio.list_layers(source)]
    counts = {
        name: len(pyogrio.read_dataframe(source, layer=name, PAGE_SIZE=100)) for name in names
    }
    places = {}
    for srid in (4326, 4490, 3857, 4526, 4547):
        cameras = pyogrio.read_dataframe(source, layer="cameras", CRS=f"EPSG:{srid}")
        told = CRS.from_user_input(cameras.crs)
        assert told.equals(CRS.from_epsg(srid), ignore_axis_order=True), (srid, told.to_wkt())
        places[srid] = [cameras.geometry.iloc[0].x, cameras.geometry.iloc[0].y]
    sys.stdout.write(json.dumps({"counts": counts, "places": places}))


if __name__ == "__main__":
    main(sys.argv[1])
