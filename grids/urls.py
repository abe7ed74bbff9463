from django.urls import path

from grids import api, grant_pages
from grids.plans import api as plans_api
from grids.plans import proposal_api
from grids.views import divisions, edits, grids, import_faults, imports, places, workers

urlpatterns = [
    path("api/divisions/", api.divisions, name="divisions"),
    path("api/grids/<str:code>/", api.grid, name="grid"),
    path("api/grid-plans/", plans_api.plans, name="grid-plans"),
    path("api/grid-plans/map/", plans_api.map_of_day, name="grid-plans-map"),
    path("api/grid-plans/crosswalk/", plans_api.compare, name="grid-plans-crosswalk"),
    path("api/grid-plans/life/<str:code>/", plans_api.life, name="grid-life"),
    path("api/grid-plans/<int:grid_plan_id>/", plans_api.plan, name="grid-plan"),
    path("api/grid-plans/<int:grid_plan_id>/check/", plans_api.check, name="grid-plan-check"),
    path(
        "api/grid-plans/<int:grid_plan_id>/proposals/",
        proposal_api.of_plan,
        name="grid-plan-proposals",
    ),
    path(
        "api/grid-plans/<int:grid_plan_id>/proposals/<int:proposal_id>/",
        proposal_api.one,
        name="grid-plan-proposal",
    ),
    path(
        "api/grid-plans/<int:grid_plan_id>/proposals/<int:proposal_id>/cancel/",
        proposal_api.cancel,
        name="grid-plan-proposal-cancel",
    ),
    path(
        "api/grid-plans/<int:grid_plan_id>/proposals/<int:proposal_id>/take/",
        proposal_api.take,
        name="grid-plan-proposal-take",
    ),
    path(
        "api/grid-plans/<int:grid_plan_id>/<str:plan_verb>/", plans_api.step, name="grid-plan-step"
    ),
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
