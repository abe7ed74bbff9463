"""Routes of this room."""

from django.urls import path

from cameras.rates.views import patterns, rates, reports, work

urlpatterns = [
    path("rates/", rates.rates, name="rates"),
    path("rates/intervals/", rates.intervals, name="rate-intervals"),
    path("rates/table.csv", rates.rates_file, {"kind": "csv"}, name="rates-csv"),
    path("rates/table.xlsx", rates.rates_file, {"kind": "xlsx"}, name="rates-xlsx"),
    path("rates/patterns/", patterns.patterns_page, name="rate-patterns"),
    path("rates/reports/", reports.reports, name="reports"),
    path("rates/reports/<int:report_id>/", reports.report, name="report"),
    path("rates/reports/<int:report_id>/<str:kind>/", reports.report_file, name="report-file"),
    path("repairs/planned/", work.work_list, name="work-list"),
    path("repairs/planned/new/", work.new_work, name="new-work"),
    path("repairs/planned/<int:work_id>/", work.work, name="work"),
    path("repairs/planned/<int:work_id>/end/", work.end_work, name="end-work"),
    path("repairs/planned/<int:work_id>/withdraw/", work.withdraw_work, name="withdraw-work"),
    path("repairs/planned/<int:work_id>/review/", work.review_work, name="review-work"),
]
