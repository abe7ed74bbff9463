"""Files of the model district: a page for briefings, a sheet as PDF and PNG, a GeoPackage.

The district with its demo: 897 grids, 400 cameras of which some are down, events, duties.  Each
file holds all layers, and grids coloured by coverage; measured as the maker gives it to the answer,
by the clock and in processor time, which other work on the machine moves less.
"""

import os
import sys
import time

import django

from benchmarks.report import Measure, at_most, finish

LONGEST_S, LARGEST_MB = 5.0, 8.0


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    # Needs Django's settings.
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from gis_server.models import User  # noqa: PLC0415
    from maps.files.asked import FIGURES, LAYERS, Asked  # noqa: PLC0415
    from maps.files.making import FORMATS  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    call_command("load_demo", stdout=sys.stderr)
    user = User.objects.create_user("bench", role="administrator", scope=["140107"])
    now = timezone.now()
    asked = Asked(
        area="", box=None, layers=tuple(LAYERS), figure=next(iter(FIGURES)),
        day=timezone.localdate(now), title="", paper="A4", is_landscape=True, srid=4326,
    )  # fmt: skip
    measures = []
    for name, form in FORMATS.items():
        # The first of each kind opens fonts and libraries, as it does once in a process.
        for turn in ("first", "next"):
            begun, cpu = time.perf_counter(), time.process_time()
            made = form.make(user, asked, now).content
            content = made if isinstance(made, bytes) else made.read()
            took_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
            goal = at_most(LONGEST_S) if name == "html" else None
            measures.append(Measure(f"{name}, {turn}", round(took_s, 2), "s", goal=goal))
            measures.append(Measure(f"{name}, {turn}, processor", round(cpu_s, 2), "s"))
        size_mb = len(content) / 1e6
        goal = at_most(LARGEST_MB) if name == "html" else None
        measures.append(Measure(f"{name}, size", round(size_mb, 3), "MB", goal=goal))
    return finish("briefs", measures)


if __name__ == "__main__":
    sys.exit(main())
