"""What is wrong with a plan, in words."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gis_server.geo import to_metric
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
}


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
