"""Whether reports can be taken as they are: entry, position, time, and what is asked first.

However many reports are judged at once, the database is asked once for each kind of thing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Category
from events.queries import entries_in_use
from events.reporting import checks, photos
from events.reporting.errors import Asked
from events.reporting.placing import Home, Homes, Place, homes_of
from events.reporting.sent import Draft
from events.reporting.texts import DIRECTIONS
from gis_server.errors import Invalid
from gis_server.frames import BadCoordinatesError, to_wgs84
from gis_server.models import User
from gis_server.roles import in_scope

DECIMALS = 7  # of a degree: a centimetre


@dataclass(frozen=True, slots=True)
class Judged:
    """A report that can be taken: its entry, where it is in WGS84, whose that is, when it was."""

    draft: Draft
    category: Category
    point: Point
    homes: Homes
    seen: checks.Seen


def judge(by: User, drafts: Sequence[Draft], now: datetime) -> list[Judged | Invalid]:
    """Each report as it can be taken, or why not.  Two queries; see `homes_of`.

    Where a position may have been shifted, one more of each such report.
    """
    entries = entries_of(drafts)
    placed = [place_of(draft, now) for draft in drafts]
    known = homes_of([one.place for one in placed if isinstance(one, Placed)])
    homes = iter(known)
    return [
        one if isinstance(one, Invalid) else judged(by, one, next(homes), entries) for one in placed
    ]


@dataclass(frozen=True, slots=True)
class Placed:
    draft: Draft
    seen: checks.Seen
    place: Place


def place_of(draft: Draft, now: datetime) -> Placed | Invalid:
    seen = checks.believed(draft.seen_at, draft.sent_at, now)
    try:
        return Placed(draft, seen, Place(point_of(draft), timezone.localdate(seen.at)))
    except Invalid as error:
        return error


def judged(
    by: User, one: Placed, homes: Homes | None, entries: Mapping[str, Category]
) -> Judged | Invalid:
    point = one.place.point
    try:
        category = entry_among(entries, one.draft.category)
        photos.check_asked_for(category, one.draft)
        ask(by, one.draft, point, homes)
    except Invalid as error:
        return error
    if homes is None:
        return outside_of_all()
    return Judged(one.draft, category, point, homes, one.seen)


def entry(code: str) -> Category:
    """The catalogue entry with a code.  Raises Invalid."""
    return entry_among({row.code: row for row in entries_in_use().filter(code=code)}, code)


def entries_of(drafts: Iterable[Draft]) -> dict[str, Category]:
    codes = {draft.category for draft in drafts}
    return {row.code: row for row in entries_in_use().filter(code__in=codes)}


def entry_among(entries: Mapping[str, Category], code: str) -> Category:
    """Raises Invalid."""
    if code not in entries:
        raise Invalid(_("This entry of the catalogue is not used (any more): choose another one."))
    return entries[code]


def point_of(draft: Draft) -> Point:
    """Where it is, in WGS84.  Raises Invalid."""
    if checks.is_nowhere(draft.lon, draft.lat):
        message = _("The position is 0,0: the phone does not know where it is. Show it on the map.")
        raise Invalid(message)
    try:
        x, y = to_wgs84([draft.lon], [draft.lat], draft.frame)
    except BadCoordinatesError:
        raise Invalid(_("This position is no longitude and latitude.")) from None
    return Point(round(float(x[0]), DECIMALS), round(float(y[0]), DECIMALS), srid=4326)


def ask(by: User, draft: Draft, point: Point, homes: Homes | None) -> None:
    """Raises Asked, where only the reporter can know whether the position is right."""
    if homes is not None and in_scope(by, homes.now.code):
        return
    questions = []
    if not draft.position_checked:
        questions += [shifted(one, home) for one, home in shifts(by, point)]
    if homes is not None and not draft.outside_reason:
        questions.append({"kind": "outside", "grid": homes.now.name, "code": homes.now.code})
    if questions and (homes is not None or questions[0]["kind"] == "frame"):
        raise Asked(sentence_of(questions), questions)


def shifts(by: User, point: Point) -> Iterable[tuple[checks.Instead, Home]]:
    """Where in the reporter's own area the position may be meant, if a map service shifted it."""
    for one in checks.instead(point.x, point.y):
        place = Place(Point(one.lon, one.lat, srid=4326), timezone.localdate())
        [there] = homes_of([place])
        if there is not None and in_scope(by, there.now.code):
            yield one, there.now


def shifted(one: checks.Instead, home: Home) -> dict[str, Any]:
    return {
        "kind": "frame",
        "frame": one.frame.value,
        "lon": round(one.lon, DECIMALS),
        "lat": round(one.lat, DECIMALS),
        "distance_m": rounded(one.distance_m),
        "direction": str(DIRECTIONS[one.direction]),
        "grid": home.name,
    }


def rounded(distance_m: float) -> int:
    """To tens: the shift itself is known no better."""
    return round(distance_m / 10) * 10


def sentence_of(questions: list[dict[str, Any]]) -> str:
    first = questions[0]
    if first["kind"] == "frame":
        rule = _(
            "The position lies outside your area. Is it about %(distance)d m off, and the place "
            "really to the %(direction)s, in %(grid)s?"
        )
        return rule % {
            "distance": first["distance_m"],
            "direction": first["direction"],
            "grid": first["grid"],
        }
    rule = _("The place lies in %(grid)s, outside your area. Say why you report it.")
    return rule % {"grid": first["grid"]}


def outside_of_all() -> Invalid:
    return Invalid(
        _("The position lies outside the territory that is known here: show the place on the map.")
    )
