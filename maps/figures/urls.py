from django.urls import path

from maps.figures import views

urlpatterns = [
    path("api/figures/headlines/", views.headlines, name="headlines"),
    path("api/figures/grids/", views.by_grid, name="grid-figures"),
]
