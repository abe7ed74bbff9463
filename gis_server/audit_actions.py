"""What was done, in words: every action that a row of the audit trail may name, and its details.

Whoever notes a new action writes its text here; a test compares the table with the code.
"""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

ACTIONS: dict[str, str | Promise] = {
    "area.asked": pgettext_lazy("action", "Asked for an area"),
    "area.given": pgettext_lazy("action", "Lent an area"),
    "area.refused": pgettext_lazy("action", "Refused an area"),
    "area.withdrawn": pgettext_lazy("action", "Withdrew a request for an area"),
    "area.ended": pgettext_lazy("action", "Ended the loan of an area"),
    "audit.exported": pgettext_lazy("action", "Exported the audit trail"),
}

# The names in the details of a row.
DETAILS: dict[str, str | Promise] = {
    "action": pgettext_lazy("detail", "action"),
    "area": pgettext_lazy("detail", "area"),
    "asker": pgettext_lazy("detail", "asked by"),
    "hours": pgettext_lazy("detail", "hours"),
    "left_min": pgettext_lazy("detail", "minutes left"),
    "note": pgettext_lazy("detail", "note"),
    "reason": pgettext_lazy("detail", "reason"),
    "rows": pgettext_lazy("detail", "rows"),
    "since": pgettext_lazy("detail", "from"),
    "subject": pgettext_lazy("detail", "subject"),
    "until": pgettext_lazy("detail", "until"),
    "waited_min": pgettext_lazy("detail", "minutes waited"),
    "who": pgettext_lazy("detail", "who"),
}


def action_name(action: str) -> str:
    """The action in the reader's language; one of an earlier version stands there as it is."""
    return str(ACTIONS.get(action, action))


def detail_name(name: str) -> str:
    return str(DETAILS.get(name, name))
