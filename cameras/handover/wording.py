"""Lines of the offline list in words.  Facts and likely causes; nobody is accused of anything."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cameras.grouping import Kind as Thing
from cameras.handover.line import Kind, Line, LineCamera
from cameras.models import Camera, Upstream
from cameras.page_parts import state_name
from cameras.probe.reason import Reason
from cameras.queries import thing_name
from cameras.reasons_text import TEXTS, reason_name
from gis_server.plain_text import one_line

MOST_NAMES = 3
"""So many names of owners or teams stand in a row; of more it is said how many there are."""


def subject(line: Line) -> str:
    """What a line is about: the camera, the thing that several fell with, or the site."""
    if line.kind is Kind.UNKNOWN and not line.is_single:
        words = _("Unknown at site %(site)s") if line.is_watched else _("Not watched at %(site)s")
        return words % {"site": line.first.site}
    if line.is_single:
        return one_line(line.first.name)
    if line.suspect_kind:
        return f"{thing_name(Thing(line.suspect_kind))} {one_line(line.suspect_name)}"
    return _("%(camera)s and others") % {"camera": one_line(line.first.name)}


def count_text(line: Line) -> str:
    return ngettext("%(count)d camera", "%(count)d cameras", line.total) % {"count": line.total}


def state_text(line: Line) -> str:
    name = state_name(line.state)
    return _("%(state)s, unstable") % {"state": name} if line.unstable else name


def reason_text(line: Line) -> str:
    return reason_name(line.reason) if line.is_watched else _("Not watched")


def cause_text(line: Line) -> str:
    """The cause that fits the reason best; behind a shared thing, that this is what they share."""
    if not line.is_watched:
        return _("Somebody has switched the watching off for these cameras.")
    if line.suspect_kind and not line.is_single:
        return _("All of these cameras fell together and share this: look at it first.")
    return str(TEXTS[Reason(line.reason)].cause)


def remedy_text(line: Line) -> str:
    return str(TEXTS[Reason(line.reason)].remedy) if line.is_watched else ""


def names_text(names: list[str]) -> str:
    shown = _(", ").join(one_line(name) for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return _("%(names)s and %(more)d more") % {"names": shown, "more": more} if more > 0 else shown


def labelled(name: object, text: str) -> str:
    return _("%(name)s: %(text)s") % {"name": name, "text": text}


def upstream_text(camera: LineCamera) -> str:
    if not camera.upstream:
        return ""
    return f"{Upstream.Kind(camera.upstream_kind).label} {one_line(camera.upstream)}"


def suspect_text(line: Line) -> str:
    """The thing that several fell with; of one camera, what it is connected through."""
    if line.suspect_kind:
        return f"{thing_name(Thing(line.suspect_kind))} {one_line(line.suspect_name)}"
    found = dict.fromkeys(upstream_text(camera) for camera in line.cameras)
    return names_text([name for name in found if name])


def class_text(line: Line) -> str:
    return names_text([class_name(value) for value in line.each("priority")])


def class_name(value: str) -> str:
    return str(Camera.Priority(value).label)


def grid_text(camera: LineCamera) -> str:
    return f"{camera.grid_code} {one_line(camera.grid)}".strip()


def team_text(line: Line) -> str:
    """Teams with their numbers."""
    found = dict.fromkeys(
        f"{one_line(camera.team)} {one_line(camera.phone)}".strip() for camera in line.cameras
    )
    return names_text(list(found))


def lasting_text(length: timedelta | None) -> str:
    """How long, in its two largest units."""
    if length is None:
        return ""
    minutes = int(length.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


def time_text(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
