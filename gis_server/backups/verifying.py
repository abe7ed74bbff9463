"""A backup is one when it has been put back: into an empty database that is thrown away."""

import json
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from gis_server import disk
from gis_server.backups import database, restoring, shelf
from gis_server.backups.errors import Refused
from gis_server.backups.restoring import Loaded, Say


def verify(folder: Path, now: datetime, say: Say) -> Loaded:
    """Put a backup into the present database, which is empty, and note with it that this went well.

    Raises:
        Refused: the database is not empty, the backup cannot be put back, or not all of it, or
            rules about data do not hold in it.
    """
    server = database.ours()
    connection.close()
    say(f"Looking whether {folder.name} is whole …")
    told = restoring.examine(folder)
    with database.connected(server) as cursor:
        if database.count_rows(cursor):
            raise Refused(
                f"the database {server.database} is not empty: run bin/verify-backup, which starts"
                " a server of its own."
            )
    loaded = restoring.load(folder, told, server, settings.VAULT_KEY, say)
    if loaded.unclean:
        raise Refused(
            f"{folder.name} comes back with all its rows, but check_world says of them:"
            f" {' '.join(loaded.unclean[:5])} Look whether it says the same of the live data."
        )
    note = {"at": now.isoformat(), "rows": told.row_count, "pictures": told.pictures}
    disk.write_whole(folder / shelf.VERIFIED, json.dumps(note).encode())
    return loaded
