"""The words of figures for people: columns, groups, periods."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from events.counting.queries import By

COLUMNS: dict[str, str | Promise] = {
    "reported": pgettext_lazy("events counted", "Reported"),
    "accepted": pgettext_lazy("events counted", "Accepted"),
    "filed": pgettext_lazy("events counted", "Filed"),
    "ended": pgettext_lazy("events counted", "Closed in the period"),
    "due": pgettext_lazy("events counted", "Due to be closed"),
    "closed": pgettext_lazy("events counted", "Closed of these"),
    "on_time": pgettext_lazy("events counted", "Closed in time"),
    "overdue": pgettext_lazy("events counted", "Overdue"),
    "reworked": pgettext_lazy("events counted", "Reworked"),
    "supervised": pgettext_lazy("events counted", "Supervised"),
    "at_community": pgettext_lazy("events counted", "Closed by communities"),
    "at_street": pgettext_lazy("events counted", "Closed by streets"),
    "at_district": pgettext_lazy("events counted", "Closed by the district"),
}
RATES: dict[str, str | Promise] = {
    "closing_rate": pgettext_lazy("events counted", "Closing rate"),
    "on_time_rate": pgettext_lazy("events counted", "Rate closed in time"),
    "overdue_rate": pgettext_lazy("events counted", "Overdue rate"),
    "rework_rate": pgettext_lazy("events counted", "Rework rate"),
    "supervision_rate": pgettext_lazy("events counted", "Supervision rate"),
}


def by_name(by: By) -> str:
    return {
        By.DISTRICT: pgettext("events by", "District"),
        By.STREET: pgettext("events by", "Street or town"),
        By.COMMUNITY: pgettext("events by", "Community or village"),
        By.KIND: pgettext("events by", "Kind"),
        By.CATEGORY: pgettext("events by", "Entry of the catalogue"),
        By.SEVERITY: pgettext("events by", "Severity"),
        By.SOURCE: pgettext("events by", "Source"),
    }[by]


def definition() -> str:
    """What stands below every table."""
    return _(
        "Due: filed, and its deadline (extensions included) lies in the period. All rates are "
        "shares of the due ones: closed ÷ due, closed in time ÷ due. A due event that is neither "
        "closed in time nor overdue is still running in time. Levels are shares of the closed ones."
    )
