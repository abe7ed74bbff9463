"""Where GeoDjango finds GEOS and GDAL: inside the wheels of shapely and pyogrio.

The distribution's GDAL (3.6 on Debian 12) is older than what Django wants and reads files and the
network on demand; the wheels bring a current one on every machine.  Imported by settings, before
anything of GeoDjango is.
"""

import os
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def _site_packages(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImproperlyConfigured(f"{package} is not installed; run bin/up.")
    return Path(spec.origin).parent.parent


def _only(folder: Path, pattern: str) -> str:
    found = sorted(folder.glob(pattern))
    if not found:
        raise ImproperlyConfigured(f"No {pattern} in {folder.name}; run bin/up to install it anew.")
    return str(found[0])


def geos_library() -> str:
    return _only(_site_packages("shapely") / "shapely.libs", "libgeos_c-*")


def gdal_library() -> str:
    """The path of GDAL; its data folders are made known to the process on the way."""
    site = _site_packages("pyogrio")
    os.environ.setdefault("GDAL_DATA", str(site / "pyogrio" / "gdal_data"))
    os.environ.setdefault("PROJ_DATA", str(site / "pyogrio" / "proj_data"))
    return _only(site / "pyogrio.libs", "libgdal*")
