"""Seals secrets that must be used again (camera logins) with a key that is not in the database."""

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from gis_server.errors import Unavailable


def _box() -> MultiFernet:
    # The first key seals; all of them open, so a key can be changed without a gap.
    return MultiFernet([Fernet(key.strip()) for key in settings.VAULT_KEY.split(",")])


def seal(text: str) -> bytes:
    return _box().encrypt(text.encode())


def unseal(token: bytes) -> str:
    """The text that was sealed.

    Raises:
        Unavailable: no key in VAULT_KEY opens it.
    """
    try:
        return _box().decrypt(bytes(token)).decode()
    except InvalidToken:
        message = _("A stored password cannot be read with the present key: enter it again.")
        raise Unavailable(message) from None


def reseal(token: bytes) -> bytes:
    """The same secret, sealed with the first key.

    Raises:
        Unavailable: no key in VAULT_KEY opens it.
    """
    return seal(unseal(token))


def sealed_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Every column that holds what `seal` made: its name begins with `sealed_`."""
    for model in apps.get_models():
        for column in model._meta.get_fields():
            if isinstance(column, models.BinaryField) and column.name.startswith("sealed_"):
                yield model, column.name
