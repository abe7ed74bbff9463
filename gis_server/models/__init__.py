"""The project's own tables: users and their accounts, the two trails, what can be found, signs of
life, and working days.
"""

from gis_server.models.accounts import ApiToken, RecoveryCode, SecondFactor, UserSession
from gis_server.models.beats import ProcessBeat
from gis_server.models.found import SearchEntry
from gis_server.models.trails import AuditRow, ChangeRow
from gis_server.models.users import (
    LONGEST_CODE,
    OUTSIDE_ID_LENGTH,
    PREFIX_PATTERN,
    SCOPE_PREFIX,
    AreaGrant,
    Lent,
    User,
    UserManager,
)
from gis_server.models.workdays import CalendarDay

__all__ = [
    "LONGEST_CODE",
    "OUTSIDE_ID_LENGTH",
    "PREFIX_PATTERN",
    "SCOPE_PREFIX",
    "ApiToken",
    "AreaGrant",
    "AuditRow",
    "CalendarDay",
    "ChangeRow",
    "Lent",
    "ProcessBeat",
    "RecoveryCode",
    "SearchEntry",
    "SecondFactor",
    "User",
    "UserManager",
    "UserSession",
]
