"""Routes of events: those of each room."""

from django.urls import include, path

urlpatterns = [
    path("", include("events.rules.urls")),
    path("", include("events.exchange.urls")),
    path("", include("events.reporting.urls")),
    path("", include("events.rounds.urls")),
    path("", include("events.desk.urls")),
    path("", include("events.counting.urls")),
    path("", include("events.briefings.urls")),
]
