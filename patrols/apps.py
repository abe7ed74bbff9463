from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatrolsConfig(AppConfig):
    """Patrols: who is on duty at which control level, and where nobody has been."""

    name = "patrols"
    verbose_name = _("Patrols")
