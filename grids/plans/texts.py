"""What is wrong with a plan, in words."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gis_server.geo import to_metric
from grids import plan
from grids.plan_flow import PlanState
from grids.redrawing import BadRedrawing, Flaw
from grids.topology import Fault, Finding

MOST_NAMED = 10

FLAWS: dict[Flaw, str | Promise] = {
    Flaw.NO_OBJECT: gettext_lazy("“%(about)s” is missing, or is not what belongs here."),
    Flaw.NO_CODE: gettext_lazy("“%(about)s” is not the code of a grid."),
    Flaw.TWICE: gettext_lazy("The grid %(about)s is named twice."),
    Flaw.OTHER_PARENT: gettext_lazy(
        "The code %(about)s does not begin as that of its community or of the grid above it."
    ),
    Flaw.NO_POLYGON: gettext_lazy(
        "The shape of %(about)s is not one polygon in degrees of longitude and latitude (WGS84)."
    ),
    Flaw.BAD_SHAPE: gettext_lazy("The shape of %(about)s crosses itself, or has no area."),
    Flaw.NAME: gettext_lazy("The grid %(about)s needs a name of 1 to 80 characters."),
    Flaw.KIND: gettext_lazy("The kind of %(about)s must be basic or special."),
    Flaw.ROLE: gettext_lazy("“%(about)s” is no role of grid staff: chief, worker or assistant."),
    Flaw.GONE: gettext_lazy("The grid %(about)s cannot be retired and go on in the same plan."),
    Flaw.TOO_MANY: gettext_lazy("This is more than one plan holds: %(about)s. Make two plans."),
    Flaw.NOTHING: gettext_lazy("This plan changes nothing yet."),
}
FAULTS: dict[Fault, str | Promise] = {
    Fault.EMPTY: gettext_lazy("%(code)s: no shape"),
    Fault.INVALID: gettext_lazy("%(code)s: the shape crosses itself"),
    Fault.NOT_ONE_PIECE: gettext_lazy("%(code)s: not one piece"),
    Fault.GAP_OR_OVERLAP: gettext_lazy("%(code)s: gap or overlap along %(length).1f m of border"),
    Fault.UNCOVERED: gettext_lazy("%(code)s: %(area).1f m² belong to no grid"),
    Fault.OUTSIDE: gettext_lazy("%(code)s: %(area).1f m² lie outside"),
    Fault.OUTSIDE_COMMUNITY: gettext_lazy("%(code)s: %(area).1f m² lie outside its community"),
    Fault.TOO_SMALL: gettext_lazy("%(code)s: only %(area).1f m² large"),
    Fault.TOO_NARROW: gettext_lazy("%(code)s: too narrow everywhere"),
}
REFUSALS: dict[plan.Flaw, str | Promise] = {
    plan.Flaw.TOO_FEW_POINTS: gettext_lazy("The line has fewer points than it needs."),
    plan.Flaw.TOO_MANY_POINTS: gettext_lazy("The line has too many points: draw it simpler."),
    plan.Flaw.NOT_DEGREES: gettext_lazy(
        "These are no longitudes and latitudes in degrees: are they exchanged, or metres?"
    ),
    plan.Flaw.CROSSES_ITSELF: gettext_lazy("The line crosses itself: draw it anew."),
    plan.Flaw.DOES_NOT_CROSS: gettext_lazy(
        "The line does not cross the grid: begin and end it outside."
    ),
    plan.Flaw.ENDS_INSIDE: gettext_lazy("The line ends inside the grid: draw it across."),
    plan.Flaw.CROSSES_TOO_OFTEN: gettext_lazy(
        "The line crosses the border more than twice: divide the grid in several steps."
    ),
    plan.Flaw.RUNS_ALONG_BORDER: gettext_lazy(
        "The line runs along a border: keep to one side of it, or cross it."
    ),
    plan.Flaw.TOUCHES_BORDER: gettext_lazy("The line touches the border and does not cross it."),
    plan.Flaw.HOLE_IN_THE_WAY: gettext_lazy("The line ends at a hole and divides nothing."),
    plan.Flaw.ENDS_NOT_ON_BORDER: gettext_lazy(
        "The line does not run from border to border: begin and end it on or across borders."
    ),
    plan.Flaw.TWO_BORDERS: gettext_lazy(
        "The line joins two separate stretches of the common border: redraw one after the other."
    ),
    plan.Flaw.NO_SUCH_VERTEX: gettext_lazy("There is no border at this place."),
    plan.Flaw.OUTER_BORDER: gettext_lazy(
        "This point lies on the border of the community, which a plan of grids does not move."
    ),
    plan.Flaw.NOT_NEIGHBOURS: gettext_lazy("The grids have no border in common."),
    plan.Flaw.NOT_ONE_PIECE: gettext_lazy("A grid would fall into pieces."),
    plan.Flaw.TAKES_ALL: gettext_lazy("Nothing would be left of the grid: merge it instead."),
    plan.Flaw.SLIVER: gettext_lazy("A grid or a part of it would be too small or too narrow."),
    plan.Flaw.BREAKS_PARTITION: gettext_lazy("Grids would overlap or leave a gap."),
    plan.Flaw.CHANGES_NOTHING: gettext_lazy("This would change nothing."),
    plan.Flaw.UNKNOWN_GRID: gettext_lazy("There is no such grid in the plan."),
    plan.Flaw.SAME_GRID: gettext_lazy("One grid is named twice."),
    plan.Flaw.OTHER_COMMUNITY: gettext_lazy("The grids belong to different communities."),
    plan.Flaw.COMMUNITY_IS_OLD: gettext_lazy(
        "The community has grids already: divide one of them."
    ),
    plan.Flaw.SAME_COMMUNITY: gettext_lazy("The grids belong to one community: merge them."),
    plan.Flaw.TOO_MANY_VERTICES: gettext_lazy("The grids have too many vertices."),
    plan.Flaw.BAD_CODE: gettext_lazy("This is not the code of a grid: 15 digits."),
    plan.Flaw.CODE_TAKEN: gettext_lazy("This code is or was another grid's."),
    plan.Flaw.LOCKED: gettext_lazy("The grid is locked: unlock it first."),
    plan.Flaw.BAD_NAME: gettext_lazy("The name is empty or too long."),
    plan.Flaw.MALFORMED: gettext_lazy("This is no operation that a plan knows."),
    plan.Flaw.TOO_MANY_OPERATIONS: gettext_lazy(
        "The plan has too many operations: make two plans."
    ),
    plan.Flaw.NOTHING_TO_UNDO: gettext_lazy("There is nothing to undo."),
    plan.Flaw.NOTHING_TO_REDO: gettext_lazy("There is nothing to redo."),
    plan.Flaw.BASE_CHANGED: gettext_lazy(
        "A grid of the plan is no longer what it was when it was drawn on: load the map anew."
    ),
}


def refused_text(refused: plan.Refused) -> str:
    """Why an operation cannot be done: its number where it is one of several, and whose it is."""
    told = str(REFUSALS[refused.flaw])
    if refused.grids:
        told = _("%(codes)s: %(told)s") % {"codes": listed(refused.grids), "told": told}
    if refused.step is None:
        return told
    return _("Step %(number)d: %(told)s") % {"number": refused.step + 1, "told": told}


def flaw_text(error: BadRedrawing) -> str:
    return str(FLAWS[error.flaw]) % {"about": error.about or "?"}


def finding_text(finding: Finding) -> str:
    metres = to_metric(finding.where)
    values = {"code": finding.code, "area": metres.area, "length": metres.length}
    return str(FAULTS[finding.fault]) % values


def findings_text(findings: Sequence[Finding]) -> str:
    """One sentence that names the first findings and says how many there are."""
    told = _("; ").join(finding_text(one) for one in findings[:MOST_NAMED])
    rule = ngettext(
        "The grids would not divide the territory exactly: %(told)s",
        "The grids would not divide the territory exactly, %(count)d faults: %(told)s",
        len(findings),
    )
    return rule % {"told": told, "count": len(findings)}


def listed(codes: Sequence[str]) -> str:
    """The first codes, and that there are more."""
    told = _(", ").join(codes[:MOST_NAMED])
    return f"{told} …" if len(codes) > MOST_NAMED else told


def wrong_state(state: PlanState, name: str) -> str:
    rules: dict[PlanState, str] = {
        PlanState.DRAFT: _("This plan is still a draft: send it to review first."),
        PlanState.IN_REVIEW: _("This plan is in review: have it approved or returned first."),
        PlanState.APPROVED: _("This plan is approved: schedule it, or return it to change it."),
        PlanState.SCHEDULED: _("This plan is scheduled: return it to change it."),
        PlanState.IN_FORCE: _("This plan is in force. Take it back by a plan of its own."),
        PlanState.SUPERSEDED: _("This plan was taken back. Make a new one."),
        PlanState.WITHDRAWN: _("This plan was withdrawn. Make a new one."),
    }
    return rules.get(state, name)
