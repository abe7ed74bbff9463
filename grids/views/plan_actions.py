"""The steps that a reader may take with a boundary plan now, as forms of its page."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gis_server.models import User
from gis_server.roles import Permission, may
from grids.models import BoundaryPlan
from grids.plan_flow import NEXT, PlanState, may_approve
from grids.plans import rows
from grids.plans.forms import FORMS, ScheduleForm, StepForm

Failed = tuple[str, StepForm]
"""A verb, and its form as it was sent and refused."""
Words = str | Promise

TITLES: dict[str, Words] = {
    "submit": gettext_lazy("Send to review"),
    "approve": pgettext_lazy("boundary plan", "Approve"),
    "schedule": gettext_lazy("Give it its day"),
    "return": pgettext_lazy("boundary plan", "Return"),
    "withdraw": pgettext_lazy("boundary plan", "Withdraw"),
    "take-back": pgettext_lazy("boundary plan", "Take back"),
}
HELP: dict[str, Words] = {
    "submit": gettext_lazy("Somebody else then approves it or returns it. Nothing is changed yet."),
    "approve": gettext_lazy("You answer for it together with whoever drew it."),
    "schedule": gettext_lazy(
        "On this day it becomes the territory by itself, shortly after midnight."
    ),
    "return": gettext_lazy(
        "It is a draft again and must be approved anew; its planner reads the reason."
    ),
    "withdraw": gettext_lazy(
        "It is given up for good. What it would have changed can still be read here."
    ),
    "take-back": gettext_lazy(
        "Makes a draft that undoes this plan: shapes, codes and names as they were before. It goes"
        " the same way as any other plan, and nothing is changed before its day."
    ),
}
DONE: dict[str, Words] = {
    "submit": gettext_lazy("Sent to review."),
    "approve": gettext_lazy("Approved."),
    "return": gettext_lazy("Returned: it is a draft again, and its planner reads why."),
    "schedule": gettext_lazy("Scheduled. It comes into force by itself on its day."),
    "withdraw": pgettext_lazy("boundary plan", "Withdrawn."),
    "take-back": gettext_lazy(
        "This draft takes the plan back. Send it to review when it is right."
    ),
}
USUAL = frozenset({"submit", "approve", "schedule"})
DANGEROUS = frozenset({"withdraw"})


@dataclass(frozen=True)
class Action:
    """A step that may be taken now, as a form; or, with `why_not`, one that this reader may not."""

    verb: str
    title: Words
    help: Words
    form: StepForm | None
    why_not: str = ""

    @property
    def is_main(self) -> bool:
        return self.verb in USUAL

    @property
    def is_danger(self) -> bool:
        return self.verb in DANGEROUS

    @property
    def is_open(self) -> bool:
        """Whether the form is unfolded at once: it is the usual step, or something was wrong."""
        return self.is_main or bool(self.form and self.form.errors)


def actions_for(row: BoundaryPlan, user: User, failed: Failed | None) -> list[Action]:
    """In the order in which they stand on the page.  Two queries at most."""
    return [_with_what_failed(_action(row, user, verb), row, failed) for verb in _verbs(row, user)]


def _verbs(row: BoundaryPlan, user: User) -> list[str]:
    follows = NEXT[PlanState(row.state)]
    edits = may(user.role, Permission.EDIT_TERRITORY)
    found = {
        "submit": edits and PlanState.IN_REVIEW in follows,
        "approve": PlanState.APPROVED in follows,
        "schedule": edits and PlanState.SCHEDULED in follows,
        "return": PlanState.DRAFT in follows,
        "withdraw": edits and PlanState.WITHDRAWN in follows,
        "take-back": edits and row.state == PlanState.IN_FORCE.value and inverse_of(row) is None,
    }
    return [verb for verb, is_there in found.items() if is_there]


def inverse_of(row: BoundaryPlan) -> BoundaryPlan | None:
    """The plan that takes this one back, or is meant to."""
    return row.inverses.exclude(state=PlanState.WITHDRAWN.value).first()


def _action(row: BoundaryPlan, user: User, verb: str) -> Action:
    action = Action(verb, TITLES[verb], HELP[verb], None)
    if verb == "approve" and not may_approve(user.pk, rows.makers_of(row)):
        why = _("You have drawn or changed this plan: somebody else must approve it.")
        return replace(action, why_not=why)
    if verb == "schedule":
        return replace(action, form=ScheduleForm.usual(row.revision, timezone.localdate()))
    now: dict[str, Any] = {"revision": row.revision}
    return replace(action, form=FORMS[verb](initial=now, auto_id=f"{verb}_%s"))


def _with_what_failed(action: Action, row: BoundaryPlan, failed: Failed | None) -> Action:
    """What was typed, with the revision of now: whoever sends it again has seen that."""
    if failed is None or failed[0] != action.verb or action.form is None:
        return action
    form = failed[1]
    form.data = {**dict(form.data.items()), "revision": str(row.revision)}
    return replace(action, form=form)


def sentences(form: forms.Form) -> str:
    """What is wrong with a form, for programs."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
