"""Routes of patrols."""

from django.urls import path

from patrols import pages

urlpatterns = [path("control-levels/", pages.control_levels, name="control-levels")]
