from django.urls import path

from grids import api, grant_pages
from grids.views import divisions, edits, grids, places, workers

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
    path("api/territory/tree/", api.tree, name="territory-tree"),
    path("api/territory/find/", api.find, name="territory-find"),
    path("territory/", divisions.tree, name="territory"),
    path("territory/strays/", places.strays, name="strays"),
    path("territory/strays/<str:thing>/<int:number>/", places.stray, name="stray"),
    path("territory/edit/<str:thing>/<int:number>/", edits.fields, name="edit-fields"),
    path("territory/code/<str:thing>/<int:number>/", edits.code, name="edit-code"),
    path("territory/point/<str:thing>/<int:number>/", edits.point, name="edit-point"),
    path("territory/delete/<str:thing>/<int:number>/", edits.delete, name="edit-delete"),
    path("territory/assign/<str:on>/<int:number>/", edits.assign, name="edit-assign"),
    path("territory/end/<int:number>/", edits.end, name="edit-end"),
    path("territory/withdraw/<int:number>/", edits.withdraw, name="edit-withdraw"),
    path("territory/undo/<int:number>/", edits.undo, name="edit-undo"),
    path("territory/<str:code>/", divisions.division, name="division-page"),
    path("grids/<str:code>/", grids.grid, name="grid-page"),
    path("buildings/<int:number>/", places.building, name="building-page"),
    path("shops/<int:number>/", places.shop, name="shop-page"),
    path("service-points/<int:number>/", places.service_point, name="service-point-page"),
    path("workers/<str:number>/", workers.worker, name="worker-page"),
]
