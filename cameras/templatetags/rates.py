"""How pages of rates write shares and times."""

from django import template
from django.utils.translation import gettext as _

from cameras.rates import plot
from cameras.rates.queries import By
from cameras.rates.words import by_name

register = template.Library()
HOUR_S = 3600


@register.filter
def percent(share: float | None) -> str:
    """0.97996 → "97.99 %": cut, so that nothing seems to reach a target that it misses."""
    return "–" if share is None else plot.percent(share)


@register.filter
def group_name(by: By) -> str:
    """What the rows of a table are."""
    return by_name(by)


@register.filter
def hours(seconds: float) -> str:
    """Camera-seconds as camera-hours: "1,234.5"."""
    return f"{seconds / HOUR_S:,.1f}"


@register.filter
def lasted(seconds: float) -> str:
    """A length as people say it: "3 d 4 h", "12 min 5 s"."""
    whole = round(seconds)
    days, rest = divmod(whole, 24 * HOUR_S)
    hour, rest = divmod(rest, HOUR_S)
    minute, second = divmod(rest, 60)
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hour}
    if hour:
        return _("%(hours)d h %(minutes)d min") % {"hours": hour, "minutes": minute}
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minute, "seconds": second}
