"""Enters cameras from a CSV file: all of them, or none and what is wrong."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cameras.roster import NEEDED, OPTIONAL, read_roster
from cameras.services import register_all
from gis_server.errors import DomainError
from gis_server.frames import Frame

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Enter cameras from a CSV file (UTF-8 or GBK). Columns: "
        f"{', '.join(NEEDED)}; where wanted also {', '.join(OPTIONAL)}. "
        "Cameras whose code is known stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--frame",
            choices=[frame.value for frame in Frame],
            default=Frame.WGS84.value,
            help="what lon and lat are in (default: wgs84)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            roster = read_roster(options["file"].read_bytes(), Frame(options["frame"]))
            for fault in roster.faults[:SHOWN]:
                self.stderr.write(f"line {fault.line}: {fault.sentence}")
            if roster.faults:
                raise CommandError(f"{len(roster.faults)} rows have a fault; nothing was entered.")
            if options["dry_run"]:
                self.stdout.write(f"{len(roster.cameras)} rows are in order; nothing was entered.")
                return
            entered = register_all(roster.cameras, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None
        except DomainError as error:
            raise CommandError(str(error.message)) from None
        known = len(roster.cameras) - entered
        self.stdout.write(f"{entered} cameras were entered, {known} were known already.")
