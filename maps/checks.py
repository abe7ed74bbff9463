"""What `manage.py check`, and so every start, says of settings of the map that cannot work."""

from string import Formatter
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

BD09 = (
    "BASE_MAP_FRAME is bd09: Baidu cuts its tiles by a grid of its own, which cannot be laid"
    " under this map. Use a map in wgs84, cgcs2000 or gcj02."
)
FIELDS = {"z", "x", "y", "s", "key"}


def check_base_map(**_more: Any) -> list[CheckMessage]:
    if settings.BASE_MAP == "tiles":
        problems = _template(settings.BASE_MAP_URL)
    elif settings.BASE_MAP == "pmtiles":
        problems = _file(settings.BASE_MAP_FILE)
    else:
        problems = []
    if settings.BASE_MAP != "none":
        problems += _frame()
    return [Error(text, id="maps.E001") for text in problems]


def _template(template: str) -> list[str]:
    try:
        fields = {name for _text, name, _spec, _conversion in Formatter().parse(template) if name}
        host = urlsplit(template).hostname or ""
        scheme = urlsplit(template).scheme
    except ValueError:
        return ["BASE_MAP_URL cannot be read as an address."]
    found = []
    if scheme not in {"http", "https"} or not host:
        found.append("BASE_MAP_URL must begin with https:// or http:// and name a host.")
    if not {"z", "x", "y"} <= fields or fields - FIELDS:
        found.append("BASE_MAP_URL must hold {z}, {x} and {y}, and may hold {s} and {key}.")
    if "key" in fields and not settings.BASE_MAP_KEY:
        found.append("BASE_MAP_URL asks for {key}: set BASE_MAP_KEY or BASE_MAP_KEY_FILE.")
    if "s" in fields and not settings.BASE_MAP_SERVERS:
        found.append("BASE_MAP_URL asks for {s}: set BASE_MAP_SERVERS, such as 0,1,2.")
    return found


def _file(path: str) -> list[str]:
    from maps.base import origin  # noqa: PLC0415 - only where there is such a file

    if not path:
        return ["BASE_MAP is pmtiles: set BASE_MAP_FILE, the path of the file."]
    try:
        file = origin.opened(path)
    except ValueError as error:
        return [f"BASE_MAP_FILE: {error}."]
    if file.is_vector and settings.BASE_MAP_FRAME == "gcj02":
        return ["BASE_MAP_FILE holds vector tiles: only raster tiles can be drawn out of GCJ-02."]
    return []


def _frame() -> list[str]:
    frame = settings.BASE_MAP_FRAME
    if frame == "bd09":
        return [BD09]
    if frame not in {"wgs84", "cgcs2000", "gcj02"}:
        return ["BASE_MAP_FRAME must be wgs84, cgcs2000 or gcj02."]
    return []
