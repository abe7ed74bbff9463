from django.urls import path

from maps import archive_pages, views
from maps.alarms.urls import urlpatterns as alarms
from maps.base import views as base
from maps.desk.urls import urlpatterns as desk
from maps.figures.urls import urlpatterns as figures
from maps.files.urls import urlpatterns as files
from maps.ogc.urls import urlpatterns as ogc
from maps.onduty.urls import urlpatterns as onduty
from maps.then.urls import urlpatterns as then

urlpatterns = [
    path("", views.home, name="home"),
    path("wall/", views.wall, name="wall"),
    path("api/maps/streets/", views.streets, name="map-streets"),
    path("tiles/version/", views.edition, name="edition"),
    path("tiles/<str:edition>/<str:layer>/<int:z>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    path("tiles/<str:edition>/outline.json", views.outline, name="outline"),
    path("base/<int:z>/<int:x>/<int:y>", base.tile, name="base-tile"),
    path("map-archive/", archive_pages.page, name="map-archive"),
    path("map-archive/make/", archive_pages.make, name="map-archive-make"),
    path("map-archive/territory.pmtiles", archive_pages.download, name="map-archive-file"),
    *alarms,
    *desk,
    *ogc,
    *figures,
    *files,
    *onduty,
    *then,
]
