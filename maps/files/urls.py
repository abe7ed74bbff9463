"""Routes of files for briefings."""

from django.urls import path

from maps.files import views

urlpatterns = [
    path("maps/files/", views.files, name="map-files"),
    path("maps/files/preview.png", views.preview, name="map-preview"),
    path("maps/files/map.html", views.download("html"), name="map-html"),
    path("maps/files/map.pdf", views.download("pdf"), name="map-pdf"),
    path("maps/files/map.png", views.download("png"), name="map-png"),
    path("maps/files/map.gpkg", views.download("gpkg"), name="map-gpkg"),
]
