"""Rules that constraints of several tables share, and the first recorded day."""

from datetime import date

from django.contrib.gis.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

# The default validity: from the first recorded day on, with no end.
SINCE_FIRST_DAY = DateRange(date(2026, 1, 1), None)


def clean_shape(field: str) -> Q:
    """The rule that a geometry, where there is one, is valid and not empty."""
    return Q(**{f"{field}__isvalid": True, f"{field}__isempty": False})


def one_of(field: str, choices: type[models.TextChoices]) -> Q:
    """The rule that a column holds one of the known words."""
    return Q(**{f"{field}__in": choices.values})
