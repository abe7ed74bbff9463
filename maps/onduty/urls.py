"""Routes of people on duty on the wall."""

from django.urls import path

from maps.onduty import views

urlpatterns = [
    path("api/patrols/positions/", views.positions, name="patrol-positions"),
    path("api/patrols/summary/", views.summary, name="patrol-summary"),
    path("api/patrols/duties/<int:duty_id>/card/", views.card, name="duty-card"),
    path("api/patrols/replay/", views.replay, name="patrol-replay"),
    path("api/patrols/replay/choices/", views.choices, name="patrol-replay-choices"),
]
