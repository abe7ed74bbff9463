"""How pages of pictures write what queries give as text."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cameras.views import shared

register = template.Library()


@register.filter
def moment(text: str | None) -> datetime | None:
    """A time that a query gives as text, for `date` to write; None for none."""
    return parse_datetime(text) if text else None


@register.filter
def ago(at: datetime) -> str:
    """The age of a picture in words, as the page is made."""
    return shared.ago(at, timezone.now())
