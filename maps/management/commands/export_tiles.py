"""bin/manage export_tiles FILE: the territory's tiles as one PMTiles file."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gis_server.models import SCOPE_PREFIX
from maps import archive


class Command(BaseCommand):
    help = "Write grids, divisions and places as vector tiles into one PMTiles file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to write; ends in .pmtiles")
        parser.add_argument(
            "--area", action="append", help="a code prefix, such as 140107; may be repeated"
        )
        parser.add_argument("--max-zoom", type=int, default=archive.ZOOMS[-1])

    def handle(self, *, file: str, area: list[str] | None, max_zoom: int, **_options: Any) -> None:
        path = Path(file)
        if path.suffix != ".pmtiles":
            raise CommandError("The file's name must end in .pmtiles.")
        if not archive.ZOOMS[0] <= max_zoom <= 15:
            raise CommandError(f"--max-zoom must lie between {archive.ZOOMS[0]} and 15.")
        # The first digit of every code there is.
        scope = area or [str(digit) for digit in range(1, 10)]
        try:
            for prefix in area or []:
                SCOPE_PREFIX(prefix)
            zooms = range(archive.ZOOMS[0], max_zoom + 1)
            done = archive.write(path, scope, timezone.now(), zooms=zooms, tell=self.stdout.write)
        except ValidationError:
            raise CommandError("--area must be the first 2 to 19 digits of a code.") from None
        except archive.Empty:
            raise CommandError("There is nothing in this area.") from None
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{done.tiles} tiles, {done.size / 1e6:.1f} MB")
