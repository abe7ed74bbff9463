from django.urls import path

from grids import api, grant_pages
from grids.views import import_faults, imports

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
    path("imports/", imports.listed, name="imports"),
    path("imports/help/", imports.help_page, name="import-help"),
    path("imports/new/", imports.new, name="import-new"),
    path("imports/upload/", imports.upload, name="import-upload"),
    path("imports/<int:run_id>/", imports.one, name="import"),
    path("imports/<int:run_id>/reading/", imports.reading, name="import-reading"),
    path("imports/<int:run_id>/state/", imports.state, name="import-state"),
    path("imports/<int:run_id>/confirm/", imports.confirm, name="import-confirm"),
    path("imports/<int:run_id>/apply/", imports.apply, name="import-apply"),
    path("imports/<int:run_id>/check/", imports.check_again, name="import-check"),
    path("imports/<int:run_id>/discard/", imports.discard, name="import-discard"),
    path("imports/<int:run_id>/faults.csv", import_faults.as_csv, name="import-faults"),
    path("imports/<int:run_id>/map/", import_faults.as_map, name="import-map"),
]
