"""docs/routes.md: every route with who may call it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from gis_server.route_table import table

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "routes.md"


class Command(BaseCommand):
    help = "Print every route with who may call it, or write the page of the documents."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/routes.md")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["write"]:
            DOCUMENT.write_text(table(), encoding="utf-8")
        else:
            self.stdout.write(table())
