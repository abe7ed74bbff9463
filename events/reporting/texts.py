"""Words of reports."""

from django.utils.translation import gettext_lazy as _

DIRECTIONS = (
    _("north"),
    _("north-east"),
    _("east"),
    _("south-east"),
    _("south"),
    _("south-west"),
    _("west"),
    _("north-west"),
)
"""Clockwise from north, as `checks.Instead.direction` counts."""
