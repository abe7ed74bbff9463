"""What people send from the pages of plans, checked once; services hold what spans rows."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.plan_flow import LONGEST_DOCUMENT, LONGEST_NOTE, LONGEST_TITLE, MOST_DAYS_AHEAD

LONGEST_SEEN = 12_000  # characters: the numbers of 2,000 steps


class NewPlanForm(forms.Form):
    """territories: digits and names to choose from."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
        help_text=gettext_lazy("What it is for, as the document will say it."),
    )
    territory = forms.ChoiceField(
        label=gettext_lazy("Territory"),
        help_text=gettext_lazy("All grids that the plan changes must lie in it."),
    )

    def __init__(self, territories: Iterable[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [*territories]
        first = [("", _("Choose …"))] if len(choices) > 1 else []
        self.fields["territory"].choices = [*first, *choices]  # type: ignore[attr-defined]


class StepForm(forms.Form):
    """One step of a plan; `revision` is that which the page showed."""

    revision = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def told(self) -> dict[str, Any]:
        """As `grids.plans.api` reads a step."""
        return {name: self.cleaned_data[name] for name in self.fields}


def _words(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "maxlength": LONGEST_NOTE})


class ApproveForm(StepForm):
    note = forms.CharField(
        label=gettext_lazy("Note, if any"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=_words(2),
    )


class ReasonForm(StepForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=LONGEST_NOTE, widget=_words(3)
    )


class ScheduleForm(StepForm):
    """sure: the day is today, and whoever sends it has read what that means."""

    day = forms.DateField(
        label=pgettext_lazy("boundary plan", "In force from"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    document = forms.CharField(
        label=gettext_lazy("Document number"),
        max_length=LONGEST_DOCUMENT,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("The document that orders it, such as 杏政发〔2026〕12号."),
    )
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @classmethod
    def usual(cls, revision: int, today: date) -> "ScheduleForm":
        tomorrow = today + timedelta(days=1)
        form = cls(initial={"revision": revision, "day": tomorrow}, auto_id="schedule_%s")
        last = today + timedelta(days=MOST_DAYS_AHEAD)
        form.fields["day"].widget.attrs |= {"min": today.isoformat(), "max": last.isoformat()}
        return form

    def told(self) -> dict[str, Any]:
        told = super().told()
        return told | {"day": told["day"].isoformat()}


class TakeOverForm(StepForm):
    """seen: numbers of the steps that cannot be done, from 0, as the page listed them; leave_out:
    the planner has read why.
    """

    seen = forms.RegexField(
        r"^[0-9]{1,5}(,[0-9]{1,5})*$",
        max_length=LONGEST_SEEN,
        required=False,
        widget=forms.HiddenInput,
    )
    leave_out = forms.BooleanField(
        label=gettext_lazy("I have read which steps cannot be done. Leave them out."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("seen") and not cleaned.get("leave_out"):
            self.add_error("leave_out", _("Say that these steps may be left out."))
        return cleaned

    @property
    def numbers(self) -> list[int]:
        seen = self.cleaned_data["seen"]
        return [int(number) for number in seen.split(",")] if seen else []


FORMS: dict[str, type[StepForm]] = {
    "submit": StepForm,
    "approve": ApproveForm,
    "return": ReasonForm,
    "schedule": ScheduleForm,
    "withdraw": ReasonForm,
    "take-back": StepForm,
}
