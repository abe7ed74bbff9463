"""Which team an order goes to: the first rule that fits, else the team of the camera."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cameras.models import Camera, Owner, Team, Upstream
from cameras.repairs.models import RoutingRule
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import in_scope, scope_q

MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class Place:
    """What decides who repairs a camera."""

    scope_code: str
    owner_id: int
    upstream_id: int | None
    team_id: int


def place_of(camera: Camera) -> Place:
    return Place(camera.scope_code, camera.owner_id, camera.upstream_id, camera.team_id)


def rules() -> list[RoutingRule]:
    """In the order in which they are tried.  One query."""
    return list(RoutingRule.objects.order_by("position", "id")[:MOST_RULES])


def fits(rule: RoutingRule, place: Place) -> bool:
    return (
        place.scope_code.startswith(rule.area)
        and rule.owner_id in (None, place.owner_id)
        and rule.upstream_id in (None, place.upstream_id)
    )


def deciding(place: Place, known: Sequence[RoutingRule]) -> RoutingRule | None:
    """The rule that decides; None where the camera's own team repairs it."""
    return next((rule for rule in known if fits(rule, place)), None)


def team_for(places: Sequence[Place], known: Sequence[RoutingRule]) -> int:
    """The team that most of the cameras of one fault lead to; of equals the one made first."""
    led = Counter(
        rule.team_id if (rule := deciding(place, known)) else place.team_id for place in places
    )
    return min(led, key=lambda team: (-led[team], team))


@transaction.atomic
def add_routing(
    *, by: User, area: str, team: Team, owner: Owner | None, upstream: Upstream | None
) -> RoutingRule:
    """A rule that is tried after all others.

    Raises:
        NotAllowed: the area is not all of it in that of `by`.
        Invalid: there are too many rules.
    """
    if not in_scope(by, area):
        raise NotAllowed(_("You route only what lies in your own area: choose an area within it."))
    if RoutingRule.objects.count() >= MOST_RULES:
        raise Invalid(_("There are %(most)d rules, no more are looked at.") % {"most": MOST_RULES})
    last = RoutingRule.objects.aggregate(last=Max("position"))["last"] or 0
    row = RoutingRule.objects.create(
        position=last + 1, area=area, team=team, owner=owner, upstream=upstream
    )
    audit.note(by=by, action="routing.added", subject=team.name, scope=area, detail=told(row))
    return row


@transaction.atomic
def move_routing(*, by: User, rule_id: int, up: bool) -> None:
    """Try a rule before the one that is tried just before it, or after the next.

    Raises:
        NotFound: there is no such rule in the area of `by`.
        Conflict: it is the first, or the last, already.
    """
    row = routing_for(by, rule_id)
    locked = list(RoutingRule.objects.select_for_update().order_by("position", "id"))
    at = next(index for index, one in enumerate(locked) if one.pk == row.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(locked):
        raise Conflict(_("There is no rule beyond it to change places with."))
    if not in_scope(by, locked[other].area):
        raise NotAllowed(_("The rule beyond it is of an area that is not yours."))
    locked[at], locked[other] = locked[other], locked[at]
    for position, one in enumerate(locked, start=1):
        one.position = position
    RoutingRule.objects.bulk_update(locked, ["position"])
    detail = {"action": "up" if up else "down"}
    audit.note(by=by, action="routing.moved", subject=row.team.name, scope=row.area, detail=detail)


@transaction.atomic
def remove_routing(*, by: User, rule_id: int) -> None:
    """Raises NotFound: there is no such rule in the area of `by`."""
    row = routing_for(by, rule_id)
    detail = told(row)
    row.delete()
    audit.note(
        by=by, action="routing.removed", subject=row.team.name, scope=row.area, detail=detail
    )


def routing_for(by: User, rule_id: int) -> RoutingRule:
    rows = RoutingRule.objects.filter(scope_q(by, "area"), pk=rule_id).select_related("team")
    row = rows.first()
    if row is None:
        raise NotFound(_("There is no such rule (any more) in your area."))
    return row


def told(row: RoutingRule) -> dict[str, str]:
    return {
        "area": row.area,
        "owner": row.owner.name if row.owner else "",
        "upstream": row.upstream.name if row.upstream else "",
    }
