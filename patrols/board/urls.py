"""Routes of the room board."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
