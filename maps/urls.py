from django.urls import path

from maps import views
from maps.files.urls import urlpatterns as files
from maps.ogc.urls import urlpatterns as ogc
from maps.onduty.urls import urlpatterns as onduty

urlpatterns = [
    path("", views.home, name="home"),
    path("wall/", views.wall, name="wall"),
    path("tiles/version/", views.edition, name="edition"),
    path("tiles/<str:edition>/<str:layer>/<int:z>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    *ogc,
    *files,
    *onduty,
]
