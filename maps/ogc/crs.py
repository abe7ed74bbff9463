"""The coordinate reference systems that features are told in (OGC 18-058r1): by name, axes in the
order of the authority.  Only `gis_server.geo` computes.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from gis_server import geo
from gis_server.frames import ZONES, Zone
from maps.ogc.reading import Box, on_the_globe

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CGCS2000 = 4490
DEGREES = (geo.WGS84, CGCS2000)
"""Taken as the same degrees, see `gis_server.geo`."""
# Of a degree: 1 mm, of a metre: 1 mm.
DIGITS_DEG, DIGITS_M = 8, 3


@dataclass(frozen=True, slots=True)
class Crs:
    """uri: its name.  srid: EPSG number.  north_first: latitude or northing before the other."""

    uri: str
    srid: int
    north_first: bool

    @property
    def is_stored(self) -> bool:
        """Whether features are kept so: degrees, longitude first."""
        return self.uri == CRS84

    def area(self, box: Box) -> shapely.Geometry:
        """What a box in this CRS covers, in WGS84 degrees, longitude first.

        Raises:
            ValueError: no box there.
        """
        first, second, third, fourth = box
        if self.north_first:
            first, second, third, fourth = second, first, fourth, third
        if self.srid in DEGREES:
            parts = [geo.rectangle(*one) for one in on_the_globe(first, second, third, fourth)]
            return shapely.union_all(parts)
        if first > third or second > fourth:
            raise ValueError("the lower bounds come first")
        return geo.area_in(first, second, third, fourth, self.srid)

    def told(self, shapes: np.ndarray) -> list[str]:
        """WGS84 shapes, None among them, as GeoJSON geometries with the axes of this CRS."""
        here = shapes if self.srid in DEGREES else geo.convert(shapes, geo.WGS84, self.srid)
        digits = DIGITS_DEG if self.srid in DEGREES else DIGITS_M

        def laid(points: np.ndarray) -> np.ndarray:
            return np.round(points[:, ::-1] if self.north_first else points, digits)

        return [one or "null" for one in shapely.to_geojson(shapely.transform(here, laid))]


def known() -> dict[str, Crs]:
    """All that can be asked for, CRS84 first: degrees, Web Mercator and the site's own metres; of a
    CGCS2000 zone with and without its number before the easting.
    """
    srids = [*DEGREES, geo.WEB_MERCATOR, *metric()]
    found = [Crs(EPSG + str(srid), srid, geo.north_first(srid)) for srid in srids]
    return {one.uri: one for one in (Crs(CRS84, geo.WGS84, north_first=False), *found)}


def metric() -> list[int]:
    """EPSG numbers of the site's metres."""
    own = geo.metric_srid()
    if own not in {zone.epsg for zone in ZONES}:
        return [own]
    return [zone.epsg for zone in ZONES if zone.number == Zone(own).number]
