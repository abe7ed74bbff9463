"""Routes of files for briefings."""

from django.urls import path

from maps.files import plan_views, views

urlpatterns = [
    path("maps/files/", views.files, name="map-files"),
    path("maps/files/map.<str:form>", views.file, name="map-file"),
    path("plans/<int:grid_plan_id>/files/", plan_views.files, name="grid-plan-files"),
    path("plans/<int:grid_plan_id>/files/plan.<str:form>", plan_views.file, name="grid-plan-file"),
]
