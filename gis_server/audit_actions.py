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
    "camera.added": pgettext_lazy("action", "Entered a camera"),
    "camera.changed": pgettext_lazy("action", "Changed a camera"),
    "cameras.imported": pgettext_lazy("action", "Entered cameras from a file"),
    "credential.added": pgettext_lazy("action", "Made a login for cameras"),
    "credential.changed": pgettext_lazy("action", "Changed a login for cameras"),
    "credential.removed": pgettext_lazy("action", "Removed a login for cameras"),
    "delivery.asked": pgettext_lazy("action", "Had the offline list delivered now"),
    "delivery.sent_again": pgettext_lazy("action", "Had a delivery sent again"),
    "delivery_plan.changed": pgettext_lazy("action", "Changed a plan of deliveries"),
    "delivery_plan.made": pgettext_lazy("action", "Made a plan of deliveries"),
    "delivery_plan.removed": pgettext_lazy("action", "Removed a plan of deliveries"),
    "import.begun": pgettext_lazy("action", "Sent a file to import"),
    "import.checked": pgettext_lazy("action", "Had the rows of a file checked"),
    "import.applied": pgettext_lazy("action", "Applied an import"),
    "import.discarded": pgettext_lazy("action", "Discarded an import"),
    "list.exported": pgettext_lazy("action", "Took the offline list along as a file"),
    "masks.saved": pgettext_lazy("action", "Drew the privacy masks of a camera"),
    "password.changed": pgettext_lazy("action", "Changed their password"),
    "password.reset": pgettext_lazy("action", "Reset a password"),
    "picture.called_fine": pgettext_lazy("action", "Called a picture fine"),
    "picture.called_faulty": pgettext_lazy("action", "Confirmed a fault of a picture"),
    "recovery_code.used": pgettext_lazy("action", "Signed in with a recovery code"),
    "recovery_codes.made": pgettext_lazy("action", "Had recovery codes made"),
    "rounds.saved": pgettext_lazy("action", "Changed the rounds of pictures"),
    "second_factor.added": pgettext_lazy("action", "Added a second factor"),
    "second_factor.removed": pgettext_lazy("action", "Removed a second factor"),
    "session.ended": pgettext_lazy("action", "Ended sessions"),
    "site.added": pgettext_lazy("action", "Made a site of the camera network"),
    "site.changed": pgettext_lazy("action", "Changed a site of the camera network"),
    "site.removed": pgettext_lazy("action", "Removed a site of the camera network"),
    "token.made": pgettext_lazy("action", "Made an API token"),
    "token.revoked": pgettext_lazy("action", "Revoked API tokens"),
    "user.changed": pgettext_lazy("action", "Changed a user"),
    "user.locked_out": pgettext_lazy("action", "Was locked out"),
    "user.made": pgettext_lazy("action", "Made a user"),
    "user.signed_in": pgettext_lazy("action", "Signed in"),
    "user.signed_out": pgettext_lazy("action", "Signed out"),
    "user.unlocked": pgettext_lazy("action", "Unlocked a user"),
}

# The names in the details of a row.
DETAILS: dict[str, str | Promise] = {
    "action": pgettext_lazy("detail", "action"),
    "area": pgettext_lazy("detail", "area"),
    "asker": pgettext_lazy("detail", "asked by"),
    "canaries": pgettext_lazy("detail", "canaries"),
    "changed": pgettext_lazy("detail", "changed"),
    "days": pgettext_lazy("detail", "days kept"),
    "entered": pgettext_lazy("detail", "entered"),
    "fault": pgettext_lazy("detail", "fault"),
    "counts": pgettext_lazy("detail", "counts"),
    "file": pgettext_lazy("detail", "file"),
    "format": pgettext_lazy("detail", "format"),
    "hours": pgettext_lazy("detail", "hours"),
    "kind": pgettext_lazy("detail", "kind"),
    "login": pgettext_lazy("detail", "login"),
    "light": pgettext_lazy("detail", "light"),
    "left_min": pgettext_lazy("detail", "minutes left"),
    "longer_min": pgettext_lazy("detail", "at least (min)"),
    "lost_share_pct": pgettext_lazy("detail", "share that may fail at once (%)"),
    "networks": pgettext_lazy("detail", "networks"),
    "note": pgettext_lazy("detail", "note"),
    "older_deleted": pgettext_lazy("detail", "older pictures deleted"),
    "picture": pgettext_lazy("detail", "picture"),
    "polygons": pgettext_lazy("detail", "masks before and after"),
    "ports": pgettext_lazy("detail", "ports"),
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
