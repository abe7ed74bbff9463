"""What several models of events share."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

MAX_NOTE = 500


def user(name: str = "+") -> Any:
    """A person that the row outlives."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name=name
    )


def one_of(field: str, values: Any, *, or_empty: bool = False) -> Q:
    """The column holds one of the values of an enumeration."""
    known = [one.value for one in values]
    return Q(**{f"{field}__in": ["", *known] if or_empty else known})
