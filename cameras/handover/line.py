"""A line of the offline list, and what may be looked for in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cameras.health import State
from gis_server.kept_filters import restored, stored


class Kind(StrEnum):
    """What a line is of: an open outage, one camera that shows video but not as it should, or
    cameras of a site of which nothing is known, all for one reason.
    """

    OUTAGE = "outage"
    CAMERA = "camera"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader looks for; empty fields and 0 let everything through.

    division: a code; longer_min: down for at least so many minutes; sort: a key of `lines.SORTS`.
    """

    text: str = ""
    division: str = ""
    state: str = ""
    reason: str = ""
    priority: str = ""
    owner: int = 0
    team: int = 0
    longer_min: int = 0
    sort: str = ""

    def stored(self) -> dict[str, Any]:
        """As JSON: only what differs from a plain list."""
        return stored(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Filters":
        """From JSON of today or of an earlier version: what is no longer known is left out."""
        return restored(cls, kept)


@dataclass(frozen=True, slots=True)
class LineCamera:
    """A camera in a line.  lat, lon: WGS84 degrees.  since: when it fell or became so; None where
    it was never asked.  month: outages that began this calendar month, this one among them.
    picture_id, picture_at: the last picture on which nothing was wrong.
    """

    id: int
    code: str
    name: str
    state: State
    reason: str
    detail: str
    unstable: bool
    enabled: bool
    since: datetime | None
    last_probe_at: datetime | None
    month: int
    owner: str
    team: str
    phone: str
    upstream_kind: str
    upstream: str
    address: str
    grid_code: str
    grid: str
    priority: str
    lat: float
    lon: float
    site: str
    picture_id: int | None = None
    picture_at: datetime | None = None
    order_id: int | None = None
    order_number: str = ""
    order_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list with its cameras folded inside, by name.

    state: the worst of its cameras'.  since: when the first of them fell.  suspect_kind,
    suspect_name: the thing that several fell with.  total: cameras that fit, of which `cameras`
    may be the first ones only.
    """

    key: str
    kind: Kind
    outage_id: int | None
    state: State
    reason: str
    since: datetime | None
    suspect_kind: str
    suspect_name: str
    total: int
    cameras: Sequence[LineCamera]

    @property
    def first(self) -> LineCamera:
        return self.cameras[0]

    @property
    def is_single(self) -> bool:
        return self.total == 1

    @property
    def is_watched(self) -> bool:
        """False: nobody asks these cameras because somebody has said so."""
        return self.kind is not Kind.UNKNOWN or self.first.enabled

    @property
    def unstable(self) -> bool:
        return any(camera.unstable for camera in self.cameras)

    @property
    def month(self) -> int:
        """Outages this month of the camera that had the most."""
        return max(camera.month for camera in self.cameras)

    def lasting(self, now: datetime) -> timedelta | None:
        return max(now - self.since, timedelta(0)) if self.since else None

    def each(self, name: str) -> list[str]:
        """What its cameras have there: each once, in the order of the cameras."""
        found = (str(getattr(camera, name)) for camera in self.cameras)
        return list(dict.fromkeys(value for value in found if value))

    @property
    def due(self) -> datetime | None:
        """When the first of its orders is due."""
        return min((one.order_due for one in self.cameras if one.order_due), default=None)

    @property
    def last_good(self) -> LineCamera | None:
        """The camera with the newest good picture."""
        shown = [one for one in self.cameras if one.picture_at]
        return max(shown, key=lambda one: (one.picture_at, one.id), default=None)


@dataclass(frozen=True, slots=True)
class Found:
    """Lines, how many there are in all, and how many cameras these hold in all."""

    lines: Sequence[Line]
    total: int
    cameras: int
