from django.urls import path

from maps.desk import views

urlpatterns = [
    path("map/", views.desk, name="desk"),
]
