"""What rates are called in words."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cameras.models import Camera
from cameras.rates.periods import Named
from cameras.rates.plot import percent
from cameras.rates.queries import By
from cameras.rates.share import TARGETS


def by_name(by: By) -> str:
    return {
        By.DISTRICT: _("District"),
        By.STREET: _("Street"),
        By.COMMUNITY: _("Community"),
        By.OWNER: _("Owner"),
        By.TEAM: _("Repair team"),
        By.CLASS: _("Class"),
    }[by]


def period_name(name: Named) -> str:
    return {
        Named.TODAY: _("Today"),
        Named.YESTERDAY: _("Yesterday"),
        Named.THIS_WEEK: _("This week"),
        Named.LAST_WEEK: _("Last week"),
        Named.THIS_MONTH: _("This month"),
        Named.LAST_MONTH: _("Last month"),
    }[name]


def counted_name(counted: str) -> str:
    return {
        "intact": pgettext("counted as", "Online, picture good"),
        "faulty": pgettext("counted as", "Online, picture or clock at fault"),
        "down": pgettext("counted as", "Down"),
        "excused": pgettext("counted as", "Excused"),
        "unknown": pgettext("counted as", "Unknown"),
    }[counted]


def target_name(priority: str) -> str:
    return f"{Camera.Priority(priority).label} {percent(TARGETS[priority])}"
