"""Brings a file of the territory in from the command line: what it would change, or that it did."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import DomainError, Invalid
from grids.imports import offers, services, words, work
from grids.imports.flow import Step
from grids.imports.targets import LAT, LON, TARGETS, WKT
from grids.imports.told import said_of_fault, said_of_run
from grids.imports.whole import apply_checked
from grids.models import ImportRun, ImportTarget

# A plan has an author: it is imported on its page.
KINDS = [kind for kind in ImportTarget.values if kind != ImportTarget.PLANS]
SHOWN = 50  # faults, and samples of what changes


class Command(BaseCommand):
    help = (
        "Check a file of divisions, grids, streets, buildings, shops, service points or staff, and "
        "with --apply write it, all or nothing. Exit status 1 when something is wrong. See "
        "docs/import.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, choices=KINDS)
        parser.add_argument(
            "--scope", required=True, help="territory: first digits of its code, such as 140107"
        )
        parser.add_argument(
            "--valid-from",
            type=date.fromisoformat,
            help="first day of new shapes, names and posts, such as 2026-01-01 (default: today)",
        )
        parser.add_argument(
            "--frame",
            default="",
            help="wgs84, cgcs2000, gcj02, bd09, or the EPSG number of a zone of CGCS2000 (4513 to "
            "4554); default: what the file says, else what known places tell",
        )
        parser.add_argument(
            "--exchange", action="store_true", help="east and north stand in each other's place"
        )
        parser.add_argument("--layer", default="", help="layer or sheet, where there are several")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="say which column holds a field; FIELD= alone leaves it out",
        )
        parser.add_argument(
            "--retire-absent",
            action="store_true",
            help="grids: end those of the file's communities that it does not name; staff: end "
            "posts of those it does not name",
        )
        parser.add_argument("--apply", action="store_true", help="write what was found")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = _columns(options["kind"], options["column"])
        try:
            run = _looked_into(options)
            if run.step == Step.WAITING:
                run = _checked(run, columns, options)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None
        except DomainError as error:
            raise CommandError(str(error.message)) from None
        self._report(run)
        if not run.may_be_applied:
            raise CommandError(_give_up(run))
        if options["apply"]:
            self._apply(run)
        else:
            services.discard(run, by=None, now=timezone.now())
            self.stdout.write(_("Nothing is changed. With --apply it will be."))

    def _report(self, run: ImportRun) -> None:
        for line in words.reading_of(run):
            self.stdout.write(line)
        for name, count in words.counts_of(run):
            self.stdout.write(f"{name}: {count:,}")
        faults = run.faults.order_by("id")[:SHOWN]
        for fault in faults:
            self.stderr.write(said_of_fault(fault))

    def _apply(self, run: ImportRun) -> None:
        try:
            run = apply_checked(run, now=timezone.now())
        except DomainError as error:
            raise CommandError(str(error.message)) from None
        if run.step != Step.APPLIED:
            raise CommandError(said_of_run(run))
        self.stdout.write(self.style.SUCCESS(_("Written.")))


def _looked_into(options: dict[str, Any]) -> ImportRun:
    path, now = options["file"], timezone.now()
    with path.open("rb") as content:
        run = services.begin(
            content=content,
            source_name=path.name,
            target=options["kind"],
            scope=options["scope"],
            valid_from=options["valid_from"] or timezone.localdate(),
            by=None,
            now=now,
        )
    return work.inspect(run, now=timezone.now())


def _checked(run: ImportRun, columns: dict[str, str], options: dict[str, Any]) -> ImportRun:
    name = options["layer"] or run.layer
    layer = offers.layer_named(run, name)
    if layer is None:
        known = ", ".join(one["name"] for one in run.layers)
        raise Invalid(
            _("The file has no layer %(name)s, but: %(known)s.") % {"name": name, "known": known}
        )
    run = services.confirm(
        run,
        layer=name,
        mapping=offers.mapping_of(run, layer) | columns,
        frame=options["frame"] or run.frame,
        exchange_axes=options["exchange"] or run.exchange_axes,
        retire_absent=options["retire_absent"],
        by=None,
        now=timezone.now(),
    )
    return work.check(run, now=timezone.now())


def _columns(kind: str, given: list[str]) -> dict[str, str]:
    """Field → column of the command line's `field=column`.

    Raises:
        CommandError: no equals sign, or no such field.
    """
    target = TARGETS[kind]
    known = [field.name for field in target.fields]
    known += [LON, LAT, WKT] if target.position else []
    columns: dict[str, str] = {}
    for text in given:
        field, equals, column = text.partition("=")
        if not equals or field not in known:
            rule = _("--column wants FIELD=COLUMN, where FIELD is one of: %(names)s.")
            raise CommandError(rule % {"names": ", ".join(known)})
        columns[field] = column
    return columns


def _give_up(run: ImportRun) -> str:
    """The last sentence about a file that cannot be applied; what it left behind goes."""
    said = said_of_run(run)
    if run.step != Step.DISCARDED:
        services.discard(run, by=None, now=timezone.now())
    total = sum(run.fault_counts.values())
    return said or _("%(count)d faults; nothing is changed.") % {"count": total}
