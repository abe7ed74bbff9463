from django.urls import path

from grids import api, grant_pages

urlpatterns = [
    path("api/divisions/", api.divisions, name="divisions"),
    path("api/grids/<str:code>/", api.grid, name="grid"),
    path("area-grants/", grant_pages.own, name="area-grants"),
    path("area-grants/ask/", grant_pages.ask, name="area-grants-ask"),
    path("area-grants/to-decide/", grant_pages.to_decide, name="area-grants-to-decide"),
    path("area-grants/running/", grant_pages.running, name="area-grants-running"),
    path("area-grants/<int:grant_id>/decide/", grant_pages.decide, name="area-grant-decide"),
    path("area-grants/<int:grant_id>/withdraw/", grant_pages.withdraw, name="area-grant-withdraw"),
    path("area-grants/<int:grant_id>/end/", grant_pages.end, name="area-grant-end"),
]
