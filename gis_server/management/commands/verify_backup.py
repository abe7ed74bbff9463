"""Puts a backup into an empty database to see whether it is one; `bin/verify-backup` makes that."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gis_server.backups import shelf, verifying
from gis_server.backups.errors import Refused


class Command(BaseCommand):
    help = (
        "Put a backup into the database of DATABASE_URL, which must be empty, and compare. "
        "bin/verify-backup does it on a server that is thrown away."
    )
    # It must work where a page or a setting of the map is broken, and starts three times as fast.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", nargs="?", default=shelf.NEWEST, help="name, path, or newest")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            folder = shelf.find(Path(settings.BACKUP_DIR), options["backup"])
            loaded = verifying.verify(folder, timezone.now(), self.stdout.write)
        except Refused as error:
            raise CommandError(str(error)) from None
        told = loaded.manifest
        self.stdout.write(
            f"{folder.name} is good: {told.row_count} rows of {len(told.rows)} tables came back,"
            f" {told.pictures} pictures are whole, and check_world finds nothing."
        )
        if loaded.unread:
            self.stdout.write(
                f"The present VAULT_KEY opens {loaded.sealed - loaded.unread} of the"
                f" {loaded.sealed} stored passwords in it; the others need the keys of that time."
            )
