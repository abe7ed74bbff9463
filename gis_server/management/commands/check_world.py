"""Prints every rule about stored data that does not hold; exit status 1 when there is one.

What SQL can say is a constraint; the rest stands in each app's `invariants.check()`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Check what the database cannot check by itself; prints what does not hold."
    # A restore asks for it, which must work where a page or a setting of the map is broken.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for app in apps.get_app_configs():
            name = f"{app.name}.invariants"
            if "." in app.name or find_spec(name) is None:
                continue
            for sentence in import_module(name).check():
                self.stdout.write(f"{app.name}: {sentence}")
                broken += 1
        if broken:
            raise CommandError(f"{broken} rules do not hold.")
        self.stdout.write("Everything holds.")
