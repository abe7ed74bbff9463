"""bin/manage draw_map: simplify the territory now, in place of waiting for the job."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maps.bake import bake


class Command(BaseCommand):
    help = "Simplify the territory for tiles of far zooms; a job does it by itself every 5 s."

    def handle(self, **_options: Any) -> None:
        done = bake(timezone.now(), self.stdout.write)
        if done is None:
            raise CommandError("A job is at it just now: wait for it.")
        self.stdout.write(f"{done.shapes} shapes in {done.taken_s:.1f} s")
