"""The two PostgreSQL extensions that the territory's columns and constraints need.

Reversing leaves them in place: other applications may use them by then, and dropping PostGIS would
take every geometry column with it.
"""

from typing import Any

from django.contrib.postgres.operations import BtreeGistExtension, CreateExtension
from django.db import migrations


def keep(self: Any, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
    """Do nothing on the way back."""


class KeptPostGIS(CreateExtension):
    database_backwards = keep

    def __init__(self) -> None:
        super().__init__("postgis")


class KeptBtreeGist(BtreeGistExtension):
    database_backwards = keep


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [KeptPostGIS(), KeptBtreeGist()]
