"""Who has a plan open just now: told by their pages every few seconds, and forgotten soon after.

Kept in the cache alone: it says nothing that is still true in a minute.  Two pages that tell at the
same moment may lose one of the two until it tells again.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from gis_server.models import User
from grids.models import BoundaryPlan
from grids.plans import rows

BEAT_S = 15
GONE_S = 40
MOST_PAGES = 50


@dataclass(frozen=True)
class Here:
    """A page: whose, on which community, whether it may draw; seen: seconds since 1970."""

    page: str
    user: int
    name: str
    community: str
    draws: bool
    seen: float


def tell(
    plan: BoundaryPlan, user: User, page: str, community: str, *, draws: bool, now: float
) -> list[dict[str, Any]]:
    """Note that a page has the plan open, and answer which others have."""
    known = _known(plan.pk, now)
    if known is None:
        return []
    me = Here(page, user.pk, user.get_full_name() or user.username, community, draws, now)
    _keep(plan, known, known | {page: me})
    return [
        {
            "name": one.name,
            "community": one.community,
            "draws": one.draws,
            "own": one.user == user.pk,
        }
        for one in known.values()
        if one.page != page
    ]


def leave(plan: BoundaryPlan, user: User, page: str, *, now: float) -> None:
    """Note that a page is closed; only its own user's are taken away."""
    known = _known(plan.pk, now)
    if known is None:
        return
    rest = {key: one for key, one in known.items() if key != page or one.user != user.pk}
    _keep(plan, known, rest)


def _known(plan_id: int, now: float) -> dict[str, Here] | None:
    """By page; None while the cache is away: nobody is known to be here, and drawing goes on."""
    try:
        told = cache.get(_key(plan_id)) or []
    except RedisError:
        return None
    pages = [Here(**one) for one in told]
    return {one.page: one for one in pages if now - one.seen < GONE_S}


def _keep(plan: BoundaryPlan, before: dict[str, Here], after: dict[str, Here]) -> None:
    newest = sorted(after.values(), key=lambda one: -one.seen)[:MOST_PAGES]
    try:
        cache.set(_key(plan.pk), [asdict(one) for one in newest], GONE_S)
    except RedisError:
        return
    if before.keys() != after.keys():
        with transaction.atomic():
            rows.tell(plan, here=True)


def _key(plan_id: int) -> str:
    return f"plan-here:{plan_id}"
