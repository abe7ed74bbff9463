"""Puts a backup back; `bin/restore` starts the private servers for it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gis_server.backups import restoring, shelf
from gis_server.backups.errors import Refused
from gis_server.backups.restoring import Loaded, Restored


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the database of DATABASE_URL and the pictures of MEDIA_ROOT. "
        "What is there is kept under another name. See docs/backup.md."
    )
    # It must work where a page or a setting of the map is broken, and starts three times as fast.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", help="name, path, or newest")
        parser.add_argument(
            "--overwrite", action="store_true",
            help="also where the database is in use: it has users, or somebody is connected",
        )  # fmt: skip
        parser.add_argument(
            "--keys", type=Path, metavar="FILE", help="the keys that `backup --keys` has written"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restoring.restore(
                shelf.find(Path(settings.BACKUP_DIR), options["backup"]),
                overwrite=options["overwrite"],
                keys_file=options["keys"],
                now=timezone.now(),
                say=self.stdout.write,
            )
        except Refused as error:
            raise CommandError(str(error)) from None
        told = done.loaded.manifest
        self.stdout.write(
            f"{told.name} is back: {told.row_count} rows, {told.pictures} pictures, as of"
            f" {timezone.localtime(told.made_at):%Y-%m-%d %H:%M}. Everybody signs in anew."
        )
        for sentence in (*_of_keys(done.loaded), *_of_the_rest(done)):
            self.stdout.write(sentence)


def _of_keys(loaded: Loaded) -> list[str]:
    if not loaded.sealed:
        return ["No password is stored in it."]
    if not loaded.unread:
        return [f"All {loaded.sealed} stored passwords open with the keys."]
    columns = ", ".join(
        f"{of - opens} of {of} in {name}"
        for name, (opens, of) in loaded.opened.items()
        if opens < of
    )
    lost = (
        f"WITHOUT THE KEYS of that time {loaded.unread} of {loaded.sealed} stored passwords cannot"
        f" be read ({columns}): cameras with such a login are neither checked nor photographed"
        " until their passwords are entered again, deliveries with such a secret are not sent, and"
        " people with such a second factor cannot sign in until it is taken from them."
    )
    found = (
        f"If you find the keys (the vault's is {loaded.manifest.vault_keys[0]}): put that one in"
        " front of VAULT_KEY, or restore again with --keys FILE --overwrite."
    )
    return [lost, found]


def _of_the_rest(done: Restored) -> list[str]:
    said = []
    if done.keys_placed:
        said.append(f"In place: {', '.join(done.keys_placed)}.")
    if done.keys_left:
        said.append(
            f"Set {', '.join(done.keys_left)} to what the file of keys says before the next start."
        )
    if done.loaded.unclean:
        said += ["check_world says of the data:", *done.loaded.unclean]
    if done.database_before:
        said.append(
            f"The database of before is {done.database_before} now. When it is no longer needed:"
            f" DROP DATABASE {done.database_before};"
        )
    if done.pictures_before:
        said.append(f"The pictures of before are in {done.pictures_before}; delete it then too.")
    return said
