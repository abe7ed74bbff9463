"""How pages of imports write numbers and sizes."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """1234567 → "1,234,567" in both languages."""
    return f"{number:,}"


@register.filter
def megabytes(size_bytes: int) -> str:
    """A size as people write it: "12.4 MB", or in KB below one."""
    if size_bytes < 1_000_000:
        return _("%(size)d KB") % {"size": max(1, round(size_bytes / 1000))}
    return _("%(size).1f MB") % {"size": size_bytes / 1_000_000}
