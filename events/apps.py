from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """Events: what is reported, who handles it, until when, and how it is counted."""

    name = "events"
    verbose_name = _("Events")
