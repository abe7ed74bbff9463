"""Tracks from files: read whole, then written in one transaction, so never by halves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_server import audit
from gis_server.errors import Invalid
from gis_server.models import User
from patrols import uploads
from patrols.intake import rows
from patrols.intake.duty_times import DutyTimes
from patrols.intake.refusals import Refusal
from patrols.intake.taking import Parcel, tell, write
from patrols.models import NO_DEVICE, How, Member
from patrols.uploads import BadFile, Points, Trouble

TROUBLES: dict[Trouble, str | Promise] = {
    Trouble.TOO_MANY_POINTS: gettext_lazy("it holds more than %(number)d points"),
    Trouble.TOO_LARGE: gettext_lazy("it is larger than %(number)d MB"),
    Trouble.NO_XML: gettext_lazy("it is neither GPX nor GeoJSON"),
    Trouble.TORN_XML: gettext_lazy("it is torn or damaged at line %(number)d"),
    Trouble.DOCUMENT_TYPE: gettext_lazy("it declares a document type, which is not taken"),
    Trouble.NO_GPX: gettext_lazy("it is XML, but no GPX"),
    Trouble.TOO_DEEP: gettext_lazy("its parts lie within each other without end"),
    Trouble.NO_JSON: gettext_lazy("it is no JSON"),
    Trouble.TORN_JSON: gettext_lazy("it is torn or damaged at line %(number)d"),
    Trouble.NO_GEOJSON: gettext_lazy(
        "it is JSON, but no GeoJSON feature or collection of features"
    ),
    Trouble.NO_TIMED_POINT: gettext_lazy("it has no point with a place and a time"),
}
BLANK = b" \t\r\n"
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the points of a file."""

    kept: int
    repeated: int
    outside_duty: int
    too_old: int
    ahead: int
    without_time: int
    unreadable: int


def upload(
    *, by: User, member: Member, name: str, chunks: Iterable[bytes], now: datetime
) -> Answer:
    """Take the points of a GPX or GeoJSON file as fixes of a member.

    Whoever calls has seen to it that `by` is the member, or plans the member's duties.

    Raises:
        Invalid: it cannot be read; nothing of it was taken.
    """
    points = read(chunks)
    parcel = Parcel(member.pk, NO_DEVICE, How.FILE, rows.placed(*points.arrays()))
    with transaction.atomic():
        written = write([parcel], DutyTimes(), now)
        taken = written.taken[0]
        audit.note(
            by=by, action="track.uploaded", subject=member.number, scope=member.scope_code,
            detail={"file": name[:100], "rows": len(parcel.fixes), "counts": taken.kept},
        )  # fmt: skip
        tell(written.codes)
    return Answer(
        taken.kept, taken.repeated, taken.count(Refusal.OUTSIDE_DUTY),
        taken.count(Refusal.TOO_OLD), taken.count(Refusal.AHEAD), points.without_time,
        points.unreadable,
    )  # fmt: skip


def read(chunks: Iterable[bytes]) -> Points:
    """The points of a file, by what it begins with.

    Raises:
        Invalid: neither GPX nor GeoJSON, or one that cannot be read.
    """
    zone = timezone.get_default_timezone()
    parts = iter(chunks)
    first = next(parts, b"")
    try:
        if first.removeprefix(MARK).lstrip(BLANK)[:1] == b"{":
            return uploads.geojson(_whole(first.removeprefix(MARK), parts), zone)
        return uploads.gpx(_all(first, parts), zone)
    except BadFile as error:
        told = _("The file cannot be read: %(why)s. Send GPX, or GeoJSON with times.")
        why = str(TROUBLES[error.trouble]) % {"number": error.number}
        raise Invalid(told % {"why": why}) from None


def _all(first: bytes, rest: Iterable[bytes]) -> Iterable[bytes]:
    yield first
    yield from rest


def _whole(first: bytes, rest: Iterable[bytes]) -> bytes:
    """
    Raises:
        BadFile: larger than JSON may be.
    """
    parts, size = [first], len(first)
    for part in rest:
        parts.append(part)
        size += len(part)
        if size > uploads.MOST_JSON_BYTES:
            raise uploads.too_large(uploads.MOST_JSON_BYTES)
    return b"".join(parts)


def as_json(answer: Answer) -> dict[str, int]:
    return {name: getattr(answer, name) for name in answer.__slots__}
