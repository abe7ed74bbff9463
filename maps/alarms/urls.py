"""Routes of alarms."""

from django.urls import path

from maps.alarms import views

urlpatterns = [
    path("api/maps/alarms/", views.alarms, name="alarms"),
    path("api/maps/alarms/take/", views.take, name="alarm-take"),
    path("api/maps/alarms/note/", views.note, name="alarm-note"),
    path("api/maps/alarms/release/", views.release, name="alarm-release"),
    path("api/maps/recoveries/", views.recoveries, name="recoveries"),
]
