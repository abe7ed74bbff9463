from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GridsConfig(AppConfig):
    """Territory: divisions, grids and their shapes, places, and the people who look after them."""

    name = "grids"
    verbose_name = _("Territory")
