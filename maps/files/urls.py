"""Routes of files for briefings."""

from django.urls import path

from maps.files import views

urlpatterns = [
    path("maps/files/", views.files, name="map-files"),
    path("maps/files/map.<str:form>", views.file, name="map-file"),
]
