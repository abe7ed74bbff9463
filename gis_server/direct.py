"""What cannot go through a pool that hands a connection on after each transaction."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def need_direct_connection(who: str) -> None:
    """
    Raises:
        ImproperlyConfigured: `who`, which listens or holds locks beyond one transaction, would.
    """
    if settings.DATABASE_POOLED:
        raise ImproperlyConfigured(
            f"{who} needs a connection of its own: give it a DATABASE_URL that leads to PostgreSQL"
            " itself, and DATABASE_POOLED=false."
        )
