"""Whether anybody is there: pollers of a site, processes for pictures, room to store them."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from cameras.models import Camera, Notice, PollerBeat, Site
from cameras.services.watch import BEAT_LASTS, note
from gis_server import beats
from gis_server.version import version


def note_absent_pollers(now: datetime) -> list[str]:
    """Say once of each site with cameras that nobody asks them, or no longer say so; the names of
    those that nobody asks.

    A poller that comes back ends the notice with its first beat.  Two queries, and two for each
    site whose notice opens or closes.
    """
    heard = PollerBeat.objects.filter(
        kind=PollerBeat.Kind.POLLER, site=OuterRef("name"), seen_at__gte=now - BEAT_LASTS
    )
    wanted = Camera.objects.filter(site=OuterRef("pk"), enabled=True)
    deserted = Site.objects.filter(Exists(wanted)).exclude(Exists(heard))
    names = list(deserted.order_by("name").values_list("name", flat=True))
    told = Notice.objects.filter(kind=Notice.Kind.NOT_ASKED, closed_at=None)
    open_for = set(told.values_list("site", flat=True))
    for name in sorted({*names} ^ open_for):
        note(name, Notice.Kind.NOT_ASKED, is_open=name in names, now=now)
    return names


def picture_beat(
    *, name: str, site: str, started_at: datetime, in_flight: int, taken: int, now: datetime
) -> None:
    """Note the sign of life of a process that takes pictures."""
    values = {
        "kind": PollerBeat.Kind.PICTURES,
        "site": site,
        "started_at": started_at,
        "seen_at": now,
        "in_flight": in_flight,
        "asked": taken,
        "version": version(),
    }
    PollerBeat.objects.update_or_create(name=name, defaults=values)
    beats.beat(beats.Part.PICTURES, now, site)


def takes_pictures(camera: Camera, now: datetime) -> bool:
    """Whether a process for pictures of the camera's site has been heard lately.  One query."""
    heard = PollerBeat.objects.filter(
        kind=PollerBeat.Kind.PICTURES, site=camera.site.name, seen_at__gte=now - BEAT_LASTS
    )
    return heard.exists()


def note_store(site: str, trouble: str, now: datetime) -> bool:
    """Say once that pictures cannot be stored, and why; or that they can again (no trouble)."""
    return note(site, Notice.Kind.NO_STORE, is_open=bool(trouble), now=now, detail=trouble)
