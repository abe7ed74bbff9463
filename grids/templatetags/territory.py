"""How pages of the territory write numbers."""

from django import template

register = template.Library()


@register.filter
def figure(value: int) -> str:
    """A count with its thousands set apart, as the scripts write them: 255,000."""
    return f"{value:,}"
