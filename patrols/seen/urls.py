"""Routes of the room seen."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
