"""How pages of pictures write what queries give as text."""

from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime

register = template.Library()


@register.filter
def moment(text: str | None) -> datetime | None:
    """A time that a query gives as text, for `date` to write; None for none."""
    return parse_datetime(text) if text else None
