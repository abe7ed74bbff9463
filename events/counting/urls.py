"""Routes of figures."""

from django.urls import path

from events.counting import views

urlpatterns = [
    path("events/figures/", views.figures, name="event-figures"),
    path("events/figures/table.csv", views.figures_file, {"kind": "csv"}, name="event-figures-csv"),
    path(
        "events/figures/table.xlsx", views.figures_file, {"kind": "xlsx"}, name="event-figures-xlsx"
    ),
    path("events/figures/list/", views.figure_list, name="event-figure-list"),
]
