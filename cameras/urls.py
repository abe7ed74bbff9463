"""Routes of the cameras."""

from django.urls import path

from cameras import api

urlpatterns = [
    path("api/cameras.geojson", api.features, name="cameras"),
    path("api/cameras/summary/", api.summary, name="cameras-summary"),
    path("api/cameras/offline/", api.offline, name="cameras-offline"),
    path("api/cameras/outages/", api.outages, name="cameras-outages"),
    path("api/cameras/<int:camera_id>/", api.card, name="camera"),
    path("api/cameras/<int:camera_id>/snapshot/", api.snapshot, name="camera-snapshot"),
    path("api/snapshots/<int:snapshot_id>.jpg", api.picture, name="snapshot"),
]
