"""Ways to look at the offline list that a user keeps for themselves."""

from cameras.handover.line import Filters
from cameras.handover.models import SavedView
from gis_server import kept_views
from gis_server.models import User


def save_view(*, user: User, name: str, filters: Filters) -> SavedView:
    """Raises Invalid and Conflict: see `kept_views.save_view`."""
    return kept_views.save_view(SavedView, user=user, name=name, filters=filters.stored())


def choose_default(*, user: User, view_id: int, wanted: bool) -> SavedView:
    """Raises NotFound: no such view of theirs."""
    return kept_views.choose_default(SavedView, user=user, view_id=view_id, wanted=wanted)


def remove_view(*, user: User, view_id: int) -> None:
    """Raises NotFound: no such view of theirs."""
    kept_views.remove_view(SavedView, user=user, view_id=view_id)
