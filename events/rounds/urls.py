"""Routes of video rounds, and of the list of places where nothing looks."""

from django.urls import path

from events.rounds import api, views

urlpatterns = [
    path("events/rounds/", views.rounds, name="video-rounds"),
    path("events/rounds/<int:round_id>/", views.one_round, name="video-round"),
    path("events/rounds/<int:round_id>/change/", views.change_round, name="change-video-round"),
    path("events/rounds/<int:round_id>/begin/", views.begin, name="begin-video-walk"),
    path("events/rounds/walks/<int:walk_id>/", views.walk, name="video-walk"),
    path("patrols/dark/", views.unseen, name="dark-and-unseen"),
    path("api/events/rounds/walks/<int:walk_id>/", api.walk, name="api-video-walk"),
    path("api/events/rounds/walks/<int:walk_id>/looks/", api.look, name="api-video-look"),
    path("api/events/rounds/walks/<int:walk_id>/end/", api.end, name="api-video-end"),
    path("api/events/rounds/seen.geojson", api.seen, name="api-video-seen"),
    path("api/patrols/dark/", api.unseen, name="api-dark-and-unseen"),
]
