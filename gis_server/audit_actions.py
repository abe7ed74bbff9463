"""What was done, in words: every action that a row of the audit trail may name.

Whoever notes a new action writes its text here; a test compares this table with the code.
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


def action_name(action: str) -> str:
    """The action in the reader's language; one of an earlier version stands there as it is."""
    return str(ACTIONS.get(action, action))
