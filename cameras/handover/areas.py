"""The name of what a list covers."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from gis_server.scopes import areas_of
from grids.models import Division

MOST_NAMES = 3


def area_name(reach: Sequence[str], division: str) -> str:
    """The division that was asked for; else what the reach covers.  One query."""
    if division:
        known = Division.objects.filter(code=division).values_list("name", flat=True).first()
        return known or division
    names = [area.name or area.prefix for area in areas_of(reach).values()]
    shown = _(", ").join(names[:MOST_NAMES])
    return f"{shown} …" if len(names) > MOST_NAMES else shown
