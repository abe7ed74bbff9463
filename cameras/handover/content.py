"""What a delivery says: the list as it is now, or one large outage, in its plan's language.

Facts only: what was found, since when, whose it is.  What somebody suspects of somebody stands on
no message.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.handover import wording
from cameras.handover.areas import area_name
from cameras.handover.files.formats import FORMATS
from cameras.handover.files.heading import Heading, heading
from cameras.handover.files.places import feature
from cameras.handover.line import Filters, Found, Line
from cameras.handover.lines import lines
from cameras.handover.models import DeliveryPlan
from cameras.handover.outgoing import Attachment
from cameras.models import Outage
from gis_server.plain_text import one_line

MOST_TEAMS = 12
MOST_LINES_TOLD = 2_000
"""So many lines stand in a webhook's JSON; `complete` says whether that is all."""
OUTAGE = "outage:"


@dataclass(frozen=True, slots=True)
class Content:
    """kind: daily, outage or asked.  facts: sentences under the title.  lines: what is listed."""

    key: str
    kind: str
    plan: str
    heading: Heading
    facts: Sequence[str]
    found: Found
    now: datetime

    @property
    def title(self) -> str:
        return self.heading.title

    def text(self) -> str:
        """For a mail: facts, teams, then one line a fault."""
        listed = "\n".join(f"- {sentence(line, self.now)}" for line in self.found.lines[:200])
        more = len(self.found.lines) - 200
        left = _("and %(count)d more") % {"count": more} if more > 0 else ""
        return "\n".join(filter(None, [self.title, *self.facts, "", listed, left])) + "\n"

    def json(self) -> dict[str, Any]:
        """For a webhook; the form is told in docs/handover.md."""
        shown = self.found.lines[:MOST_LINES_TOLD]
        return {
            "key": self.key,
            "kind": self.kind,
            "plan": self.plan,
            "title": self.title,
            "facts": list(self.facts),
            "made_at": self.now.isoformat(),
            "total": self.found.total,
            "cameras": self.found.cameras,
            "complete": len(shown) == len(self.found.lines),
            "lines": [
                {"key": line.key, "geometry": of["geometry"], **of["properties"]}
                for line in shown
                for of in [feature(line, self.now)]
            ],
        }

    def files(self, formats: Sequence[str]) -> list[Attachment]:
        """Each of these formats.

        A file that cannot hold as many lines is left out; the text says how many there are.

        Raises:
            Unavailable: a PDF on a machine without its font.
        """
        stem = f"offline-{timezone.localtime(self.now):%Y%m%d-%H%M}"
        return [
            Attachment(
                f"{stem}.{FORMATS[name].ending}",
                FORMATS[name].media_type,
                FORMATS[name].make(self.found.lines, self.heading, self.now),
            )
            for name in formats
            if name in FORMATS and len(self.found.lines) <= FORMATS[name].most_lines
        ]


def compose(plan: DeliveryPlan, reach: list[str], key: str, now: datetime) -> Content:
    """In the active language.  The list is that of now, also when it is tried again later.

    Raises:
        grids.codes.BadCode: the plan's division is no code (any more).
    """
    filters = Filters.of(plan.filters)
    found = lines(reach, filters, now)
    kind = key.partition(":")[0]
    if key.startswith(OUTAGE):
        return _of_outage(plan, key, found, now)
    area = area_name(reach, filters.division)
    head = heading(found, area, now)
    return Content(key, kind, plan.name, head, [*head.captions, *_teams(found)], found, now)


def _teams(found: Found) -> list[str]:
    """How many cameras each team has on the list, the most first."""
    counts = Counter(one_line(camera.team) for line in found.lines for camera in line.cameras)
    if not counts:
        return []
    rows = [f"{team} {count}" for team, count in counts.most_common(MOST_TEAMS)]
    return [_("By team: %(teams)s") % {"teams": " · ".join(rows)}]


def _of_outage(plan: DeliveryPlan, key: str, found: Found, now: datetime) -> Content:
    number = int(key.removeprefix(OUTAGE))
    shown = [line for line in found.lines if line.outage_id == number]
    if shown:
        title, facts = _begun(shown[0])
    else:
        title, facts = _over(number)
    of = Found(shown, len(shown), sum(line.total for line in shown))
    asked = _("As of %(time)s.") % {"time": wording.time_text(now)}
    return Content(key, "outage", plan.name, Heading(title, facts), [*facts, asked], of, now)


def _begun(line: Line) -> tuple[str, list[str]]:
    words = {"subject": wording.subject(line), "count": wording.count_text(line)}
    title = _("Large outage: %(subject)s, %(count)s") % words
    since = {"time": wording.time_text(line.since), "reason": wording.reason_text(line)}
    facts = [_("Down since %(time)s; found: %(reason)s.") % since]
    if suspect := wording.suspect_text(line):
        facts.append(_("In common: %(thing)s") % {"thing": suspect})
    return title, facts


def _over(number: int) -> tuple[str, list[str]]:
    """What was to be told of is over already, or no longer in reach."""
    outage = Outage.objects.filter(pk=number).first()
    if outage is None or outage.closed_at is None:
        return _("A large outage no longer touches this list"), []
    facts = _("It lasted from %(start)s to %(end)s.") % {
        "start": wording.time_text(outage.opened_at),
        "end": wording.time_text(outage.closed_at),
    }
    return _("A large outage is over"), [facts]


def sentence(line: Line, now: datetime) -> str:
    """A fault in one line of text."""
    parts = [
        wording.labelled(
            wording.subject(line), f"{wording.state_text(line)} / {wording.reason_text(line)}"
        ),
        "" if line.is_single else wording.count_text(line),
        _("since %(time)s") % {"time": wording.time_text(line.since)} if line.since else "",
        wording.lasting_text(line.lasting(now)),
        wording.team_text(line),
        one_line(line.first.address) if line.is_single else "",
    ]
    return " · ".join(part for part in parts if part)
