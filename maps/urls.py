from django.urls import path

from maps import files, views
from maps.base import views as base
from maps.onduty.urls import urlpatterns as onduty

urlpatterns = [
    path("", views.home, name="home"),
    path("wall/", views.wall, name="wall"),
    path("tiles/version/", views.edition, name="edition"),
    path("tiles/<str:edition>/<str:layer>/<int:z>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    path("base/<int:z>/<int:x>/<int:y>", base.tile, name="base-tile"),
    path("map-files/", files.page, name="map-files"),
    path("map-files/make/", files.make, name="map-file-make"),
    path("map-files/territory.pmtiles", files.download, name="map-file"),
    *onduty,
]
