"""The audit trail: who did what, when, from where.  Rows are only added.

A service writes its row in its own transaction, so what is undone was never noted, and what is
noted was done.  The database refuses to change or delete a row (migration 0004).
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from gis_server.models import AuditRow, User

NOBODY = "-"
# Where the present request comes from; `edge.Gate` sets it.  A command or job has no address.
origin: ContextVar[str] = ContextVar("origin", default="")


def note(
    *,
    by: User | None,
    action: str,
    subject: object = "",
    scope: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add a row in the caller's transaction.

    Args:
        by: whoever did it; None for the server itself or somebody who is not signed in.
        action: a word and a verb, such as "grid.renamed".
        subject: the code or id of what it was done to.
        scope: the code of the territory that it lies in.
        detail: what changed, as JSON; no secrets.
    """
    AuditRow.objects.create(
        user_id=by.pk if by else None,
        who=by.get_username() if by else NOBODY,
        origin=origin.get(),
        action=action,
        subject=str(subject)[:80],
        scope=scope,
        detail=dict(detail or {}),
    )
