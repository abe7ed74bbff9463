"""Routes of the OGC API; without a slash at their end, as programs put them together.

The first both ways: a program that is led on from one to the other may lose its token there.
"""

from django.urls import path

from maps.ogc import views

urlpatterns = [
    path("ogc/", views.landing, name="ogc"),
    path("ogc", views.landing, name="ogc-bare"),
    path("ogc/api", views.api, name="ogc-api"),
    path("ogc/conformance", views.conformance, name="ogc-conformance"),
    path("ogc/collections", views.collections, name="ogc-collections"),
    path("ogc/collections/<str:collection>", views.collection, name="ogc-collection"),
    path("ogc/collections/<str:collection>/queryables", views.queryables, name="ogc-queryables"),
    path("ogc/collections/<str:collection>/items", views.items, name="ogc-items"),
    path("ogc/collections/<str:collection>/items/<str:fid>", views.item, name="ogc-item"),
]
