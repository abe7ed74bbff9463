"""What narrows a file, and what of a map is in none, in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from cameras.health import State
from cameras.models import Camera
from cameras.page_parts import state_name as camera_state_name
from events.models.catalogue import EventKind
from events.texts import severity_name
from events.texts import state_name as event_state_name
from gis_server.plain_text import one_line
from maps.desk.layers import OLDER

Pairs = Sequence[tuple[str, str]]
"""Each value that narrows, with the name of its filter."""
MOST_NAMED = 3
"""So many values of a filter are named in a file; of more, how many there are."""
TEXTS: Mapping[str, Callable[[str], str]] = {
    "camera_state": lambda value: camera_state_name(State(value)),
    "camera_owner": one_line,
    "camera_team": one_line,
    "camera_priority": lambda value: str(Camera.Priority(value).label),
    "event_kind": lambda value: str(EventKind(value).label),
    "event_severity": severity_name,
    "event_state": event_state_name,
    OLDER: lambda value: _("reported at least %s h ago") % value,
}


def _titles() -> dict[str, str]:
    cameras, events = _("Cameras"), _("Events")
    return {
        "camera_state": f"{cameras} · {_('State')}",
        "camera_owner": f"{cameras} · {_('Owner')}",
        "camera_team": f"{cameras} · {_('Team')}",
        "camera_priority": f"{cameras} · {_('Kind')}",
        "event_kind": f"{events} · {_('Kind')}",
        "event_severity": f"{events} · {_('Severity')}",
        "event_state": f"{events} · {_('State')}",
        OLDER: events,
    }


def choices_of(narrowed: Pairs) -> list[tuple[str, str, str]]:
    """Name, value and words of each value that narrows."""
    titles = _titles()
    return [(name, value, _told(titles[name], TEXTS[name](value))) for name, value in narrowed]


def _told(title: str, value: str) -> str:
    return _("%(what)s: %(value)s") % {"what": title, "value": value}


def narrowed_text(narrowed: Pairs) -> str:
    """A sentence, empty where nothing narrows."""
    if not narrowed:
        return ""
    titles, found = _titles(), dict[str, list[str]]()
    for name, value in narrowed:
        found.setdefault(name, []).append(TEXTS[name](value))
    parts = [_told(titles[name], _some(values)) for name, values in found.items()]
    return _("Only these are shown: %(filters)s.") % {"filters": _("; ").join(parts)}


def _some(values: list[str]) -> str:
    named = "/".join(values[:MOST_NAMED])
    more = len(values) - MOST_NAMED
    if more <= 0:
        return named
    return _("%(named)s and %(more)d more") % {"named": named, "more": more}


def lacking(names: Iterable[str]) -> str:
    """What a map showed and no file holds, in words; names that are none of these are left."""
    told = {
        "past": _("the moment of the past (the file is of now)"),
        "seen": _("the day, shift or window of what has been seen (the file counts all of today)"),
        "people": _("people on duty"),
        "places": _("buildings, shops and service points"),
        "drawings": _("drawings"),
        "base": _("the base map"),
    }
    wanted = set(names)
    return _(", ").join(text for name, text in told.items() if name in wanted)
