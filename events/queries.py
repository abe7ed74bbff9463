"""What is read of events across tables; every function costs a fixed number of queries."""

from django.utils.translation import gettext as _

from events.models import Event
from events.rights import events_seen
from gis_server.errors import NotFound
from gis_server.models import User


def event_for(user: User, event_id: int) -> Event:
    """Raises NotFound: there is none, or none that the user may see (which must look the same)."""
    event = events_seen(user).filter(pk=event_id).select_related("category", "grid").first()
    if event is None:
        raise NotFound(_("There is no such event in your area."))
    return event
