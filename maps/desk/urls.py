from django.urls import path

from maps.desk import views

urlpatterns = [
    path("map/", views.desk, name="desk"),
    path("api/maps/select/", views.select, name="map-select"),
    path("api/maps/select.csv", views.select_csv, name="map-select-csv"),
    path("api/maps/select.geojson", views.select_geojson, name="map-select-geojson"),
    path("api/maps/select.gpkg", views.select_gpkg, name="map-select-gpkg"),
]
