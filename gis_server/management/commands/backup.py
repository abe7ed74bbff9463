"""Makes a backup now, or lists those that are there."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gis_server.backups import making, manifest, shelf, tries
from gis_server.backups.errors import Refused


class Command(BaseCommand):
    help = (
        "Back up database and pictures into BACKUP_DIR, and drop backups older than BACKUP_DAYS. "
        "Keys are not in it: keep them with --keys, elsewhere. See docs/backup.md."
    )
    # It must work where a page or a setting of the map is broken, and starts three times as fast.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keys", type=Path, metavar="FILE",
            help="also write the keys of this server to a new file, which is to be kept elsewhere",
        )  # fmt: skip
        parser.add_argument("--list", action="store_true", help="list the backups that are there")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
            return
        try:
            done = making.make(timezone.now(), options["keys"])
        except Refused as error:
            raise CommandError(str(error)) from None
        told = done.manifest
        for name in done.gone:
            self.stdout.write(f"Dropped {name}, which was older than {settings.BACKUP_DAYS} days.")
        self.stdout.write(
            f"{done.folder} holds {told.row_count} rows of {len(told.rows)} tables and"
            f" {told.pictures} pictures; it takes {_mb(done.new_bytes)} of the disk."
        )
        if options["keys"]:
            self.stdout.write(
                f"The keys are in {options['keys']}: keep that file where the backups are not."
            )
        else:
            self.stdout.write(
                f"The keys are not in it (the vault's is {told.vault_keys[0]}); without them no"
                " stored password can be read: write them once with --keys FILE."
            )

    def _list(self) -> None:
        root = Path(settings.BACKUP_DIR)
        for folder in shelf.complete(root):
            try:
                told = manifest.read(folder)
            except Refused as error:
                self.stdout.write(f"{folder.name}  {error}")
                continue
            self.stdout.write(
                f"{folder.name}  version {told.version}, {told.row_count} rows,"
                f" {told.pictures} pictures, {_mb(told.dump.size_bytes + told.pictures_bytes)},"
                f" {_verified(folder)}"
            )
        if not shelf.complete(root):
            self.stdout.write(f"There is no backup in {root}.")


def _verified(folder: Path) -> str:
    if (folder / shelf.VERIFIED).exists():
        return "verified"
    tried = tries.of(folder)
    if tried is None or not tried.in_vain:
        return "not verified"
    return f"not verified ({tried.count} tries failed): {tried.why or 'it was cut off'}"


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
