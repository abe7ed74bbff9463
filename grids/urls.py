from django.urls import path

from grids import api

urlpatterns = [
    path("api/divisions/", api.divisions, name="divisions"),
    path("api/grids/<str:code>/", api.grid, name="grid"),
]
