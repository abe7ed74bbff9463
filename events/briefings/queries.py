"""Briefings that a reader may see."""

from django.db.models import QuerySet

from events.models import Briefing
from gis_server.models import User
from gis_server.roles import scope_q


def visible(user: User) -> QuerySet[Briefing]:
    """Briefings of areas that lie in the reader's reach, the newest first."""
    return Briefing.objects.filter(scope_q(user, "scope")).select_related("made_by")


def versions(row: Briefing) -> QuerySet[Briefing]:
    """All versions of the same briefing, the newest first."""
    same = Briefing.objects.filter(kind=row.kind, first=row.first, scope=row.scope)
    return same.defer("figures").select_related("made_by").order_by("-version")
