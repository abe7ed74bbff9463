"""Sites that an administrator makes, changes and removes; compare-and-set on their version."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.fleet_models import MAIN_SITE
from cameras.models import Camera, Site
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import scope_q

BOUNDS = {"networks", "ports"}
"""What a poller reads only when it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSite:
    """What a site is to be (`Site`), checked before: see `cameras.forms.sites`."""

    networks: list[str]
    ports: list[int]
    canaries: list[str]
    lost_share_pct: int


def add_site(*, by: User, name: str, wanted: WantedSite) -> Site:
    """A new site; its name stays, for pollers are started with it.

    Raises:
        Conflict: the name is taken.
    """
    try:
        with transaction.atomic():
            row = Site.objects.create(name=name, **asdict(wanted))
            audit.note(by=by, action="site.added", subject=name, detail=asdict(wanted))
    except IntegrityError:
        raise Conflict(_("There is a site of this name already. Choose another.")) from None
    return row


@transaction.atomic
def change_site(*, by: User, site_id: int, version: int, wanted: WantedSite, now: datetime) -> Site:
    """Set what differs, if nobody has changed the site since `version`.

    Raises:
        NotFound: no such site.
        NotAllowed: cameras outside of the area of `by` belong to it.
        Conflict: somebody else was first.
    """
    row = _site_for(by, site_id)
    told: dict[str, Any] = {
        name: [getattr(row, name), to]
        for name, to in asdict(wanted).items()
        if getattr(row, name) != to
    }
    if row.version == version and not told:
        return row
    columns = {name: to for name, (_before, to) in told.items()}
    if told.keys() & BOUNDS:
        columns["bounds_at"] = now
    seen = Site.objects.filter(pk=row.pk, version=version)
    if seen.update(version=F("version") + 1, **columns) != 1:
        raise Conflict(_("Somebody else has changed this site meanwhile. Load the page again."))
    audit.note(by=by, action="site.changed", subject=row.name, detail=told)
    row.refresh_from_db()
    return row


@transaction.atomic
def remove_site(*, by: User, site_id: int) -> None:
    """
    Raises:
        NotFound: no such site.
        NotAllowed: cameras outside of the area of `by` belong to it.
        Conflict: cameras belong to it still.
        Invalid: the main site, to which cameras belong unless told otherwise.
    """
    row = _site_for(by, site_id)
    if row.name == MAIN_SITE:
        raise Invalid(_("The site %(name)s stays: new cameras belong to it.") % {"name": row.name})
    # Locked: a camera that is being given to it waits, and then finds no site.
    Site.objects.select_for_update().get(pk=row.pk)
    count = Camera.objects.filter(site=row).count()
    if count:
        message = _("%(count)d cameras still belong to this site: give them another one first.")
        raise Conflict(message % {"count": count})
    row.delete()
    audit.note(by=by, action="site.removed", subject=row.name)


def _site_for(by: User, site_id: int) -> Site:
    row = Site.objects.filter(pk=site_id).first()
    if row is None:
        raise NotFound(_("There is no such site (any more)."))
    if Camera.objects.filter(site=row).exclude(scope_q(by, "scope_code")).exists():
        raise NotAllowed(
            _(
                "Cameras outside of your area belong to this site: only who answers for all of "
                "them changes it."
            )
        )
    return row
