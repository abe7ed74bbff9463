from django.urls import path

from maps.then import views

urlpatterns = [
    path("api/maps/then/", views.moment, name="map-then"),
    path("api/maps/then/changes/", views.changes, name="map-then-changes"),
    path("api/maps/then/grids/", views.grid_differences, name="map-then-grids"),
]
