from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatrolsConfig(AppConfig):
    """Patrols: who is on duty at which control level, and where nobody has been."""

    name = "patrols"
    verbose_name = _("Patrols")

    def ready(self) -> None:
        from gis_server import scopes  # noqa: PLC0415 - models are loaded only now
        from grids.plans.effects import counting  # noqa: PLC0415
        from patrols import follow  # noqa: PLC0415
        from patrols.seen.queries import visits_needed  # noqa: PLC0415

        visits = counting.Figure(_("Patrol visits a day"))
        counting.offer_by_code("patrol_visits", visits, visits_needed)
        scopes.FOLLOW.extend(one for one in follow.FOLLOW if one not in scopes.FOLLOW)
