"""What can be searched on the desk, and what it can be filtered by: a table over the collections
of the OGC API, whose rights and reach hold here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cameras.health import State
from cameras.models import Camera
from events.models import EventKind
from events.models.event import OPEN_VALUES
from events.workflow import Severity
from gis_server.models import User
from gis_server.roles import may
from maps.ogc.collections import COLLECTIONS
from maps.ogc.table import Collection


@dataclass(frozen=True, slots=True)
class Filter:
    """column: of the collection.  choices: the closed list, empty for any text."""

    name: str
    column: str
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """name: in addresses.  code: the column with the code of the territory, cut short by an area.
    key: what `near` names one by.  first: of `counted`, which come first in a list.  counted: the
    column by which a number is told for each value, empty for none.
    """

    name: str
    collection: Collection
    code: str
    key: str = "id"
    counted: str = ""
    first: Sequence[str] = ()
    filters: Sequence[Filter] = ()


SEARCHED: dict[str, Searched] = {
    one.name: one
    for one in (
        Searched(
            "cameras",
            COLLECTIONS["cameras"],
            "scope_code",
            counted="state",
            first=(State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.ONLINE),
            filters=(
                Filter("camera_state", "state", [*State]),
                Filter("camera_owner", "owner"),
                Filter("camera_team", "team"),
                Filter("camera_priority", "priority", Camera.Priority.values),
            ),
        ),
        Searched(
            "events",
            COLLECTIONS["events-open"],
            "scope_code",
            counted="severity",
            first=(Severity.URGENT, Severity.DIFFICULT, Severity.MAJOR, Severity.MINOR),
            filters=(
                Filter("event_kind", "kind", EventKind.values),
                Filter("event_severity", "severity", [*Severity]),
                Filter("event_state", "state", OPEN_VALUES),
            ),
        ),
        Searched("grids", COLLECTIONS["grids"], "code", key="code"),
        Searched("buildings", COLLECTIONS["buildings"], "scope_code"),
        Searched("shops", COLLECTIONS["shops"], "scope_code"),
        Searched("services", COLLECTIONS["service-points"], "scope_code"),
        Searched("people", COLLECTIONS["on-duty"], "scope_code"),
    )
}
FILTERS = {one.name: one for layer in SEARCHED.values() for one in layer.filters}
OLDER = "event_older_h"
"""Events reported at least so many hours ago."""


def layers_of(user: User) -> list[Searched]:
    return [one for one in SEARCHED.values() if may(user.role, one.collection.permission)]
