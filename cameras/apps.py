from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CamerasConfig(AppConfig):
    """Cameras: the registry, their states, outages and pictures."""

    name = "cameras"
    verbose_name = _("Cameras")
