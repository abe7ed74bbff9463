"""Routes of the room seen."""

from django.urls import URLPattern, path

from patrols.seen import api
from patrols.seen.views import coverage, grid, rules

urlpatterns: list[URLPattern] = [
    path("patrols/", coverage.coverage, name="coverage"),
    path("patrols/coverage.csv", coverage.coverage_file, {"kind": "csv"}, name="coverage-csv"),
    path("patrols/coverage.xlsx", coverage.coverage_file, {"kind": "xlsx"}, name="coverage-xlsx"),
    path("patrols/grids/<str:code>/", grid.grid, name="coverage-grid"),
    path("patrols/required-visits/", rules.required_visits, name="required-visits"),
    path(
        "patrols/required-visits/<int:rule_id>/remove/",
        rules.remove_required,
        name="remove-required-visits",
    ),
    path("api/patrols/coverage/", api.coverage, name="api-coverage"),
    path("api/patrols/blind-spots/", api.blind_spots, name="api-blind-spots"),
]
