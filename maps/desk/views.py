"""The page of the desk; its scripts ask for what it shows."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from gis_server.edge import allow, show, user_of
from gis_server.roles import Permission
from maps import queries
from maps.views import MODULES, config_of

# Each is known to the others as maps/desk/<name>.
DESK_MODULES = (
    "then/compare",
    "then/map",
    "then/past",
    "then/style",
    "then/time",
)


@allow(Permission.SEE_MAP)
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The page alone.  What a shared link chooses is read by the scripts; it gives no right."""
    day, scope = timezone.localdate(), list(user_of(request).reach)
    seen = queries.territory(scope, day)
    context = {
        "territory": seen,
        "config": config_of(request, seen, queries.edition(scope, day)),
        "modules": MODULES,
        "desk_modules": DESK_MODULES,
    }
    return show(request, "maps/desk.html", context)
