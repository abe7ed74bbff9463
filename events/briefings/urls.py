"""Routes of briefings."""

from django.urls import path

from events.briefings import views

urlpatterns = [
    path("events/briefings/", views.briefings, name="briefings"),
    path("events/briefings/<int:briefing_id>/", views.briefing, name="briefing"),
    path(
        "events/briefings/<int:briefing_id>/file.<str:kind>",
        views.briefing_file,
        name="briefing-file",
    ),
    path("events/briefings/<int:briefing_id>/correct/", views.correct, name="briefing-correct"),
]
