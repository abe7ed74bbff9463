from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatrolsConfig(AppConfig):
    """Patrols: who is on duty at which control level, and where nobody has been."""

    name = "patrols"
    verbose_name = _("Patrols")

    def ready(self) -> None:
        from gis_server import scopes  # noqa: PLC0415 - models are loaded only now
        from patrols import follow  # noqa: PLC0415

        scopes.FOLLOW.extend(one for one in follow.FOLLOW if one not in scopes.FOLLOW)
