"""What people send about planned work; services hold what spans rows."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras.models import Camera, Owner, Upstream
from cameras.queries import cameras_of
from cameras.rates.models import PlannedWork
from cameras.rates.services.work import MOST_CAMERAS, WantedWork
from cameras.site_forms import ListField
from gis_server.models import LONGEST_CODE, User

MINUTE_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
Target = PlannedWork.Target


class MinuteField(forms.DateTimeField):
    """A minute by the district's clock, as a browser's field for date and time sends it."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(input_formats=MINUTE_FORMATS, widget=widget, **more)


class WorkForm(forms.Form):
    """A window to be entered; which of the last four fields counts is said by `target`."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=PlannedWork.Kind.choices)
    title = forms.CharField(
        label=gettext_lazy("What happens"),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Such as: transformer of the east street replaced"),
    )
    note = forms.CharField(
        label=gettext_lazy("Who ordered it, number of the notice"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Whoever reviews it decides by this."),
    )
    starts_at = MinuteField(label=gettext_lazy("From"))
    ends_at = MinuteField(
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("At most 31 days later. The window ends by itself."),
    )
    target = forms.ChoiceField(
        label=gettext_lazy("Which cameras"), choices=Target.choices, widget=forms.RadioSelect
    )
    upstream = forms.CharField(
        label=gettext_lazy("Name of the recorder or switch"),
        max_length=80,
        required=False,
        widget=forms.TextInput({"list": "upstreams", "autocomplete": "off"}),
    )
    owner = forms.CharField(
        label=gettext_lazy("Owner"),
        max_length=80,
        required=False,
        widget=forms.TextInput({"list": "owners", "autocomplete": "off"}),
    )
    area = forms.RegexField(
        rf"^[0-9]{{2,{LONGEST_CODE}}}$",
        label=gettext_lazy("Area"),
        required=False,
        max_length=LONGEST_CODE,
        error_messages={
            "invalid": gettext_lazy("Choose the area from the list, or write its code in digits.")
        },
        widget=forms.TextInput({"data-areas": "", "autocomplete": "off"}),
    )
    cameras = ListField(
        label=gettext_lazy("Codes of the cameras"),
        most=MOST_CAMERAS,
        rows=4,
        help_text=gettext_lazy("One a line, 500 at most."),
    )

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = cleaned.get("target")
        if not name or name in self.errors:
            return cleaned
        if not cleaned.get(name):
            self.add_error(name, _("Say which."))
        else:
            cleaned["chosen"] = {name: self._found(name, cleaned[name])}
        return cleaned

    def _found(self, name: str, given: Any) -> Any:
        """What the entry names in the user's reach; an error is put at its field."""
        mine = cameras_of(self.user)
        if name == Target.UPSTREAM.value:
            return self._named(name, Upstream.objects.filter(pk__in=mine.values("upstream")), given)
        if name == Target.OWNER.value:
            return self._named(name, Owner.objects.filter(pk__in=mine.values("owner")), given)
        return self._cameras(mine, given) if name == Target.CAMERAS.value else given

    def _named(self, name: str, rows: QuerySet[Any], given: str) -> Any:
        found = rows.filter(name=given).first()
        if found is None:
            self.add_error(name, _("No camera in your area has “%(name)s”.") % {"name": given})
        return found

    def _cameras(self, mine: QuerySet[Camera], codes: list[str]) -> list[Camera]:
        found = list(mine.filter(code__in=codes))
        missing = set(codes) - {one.code for one in found}
        if missing:
            told = ", ".join(sorted(missing)[:5])
            self.add_error("cameras", _("No camera in your area has: %(codes)s") % {"codes": told})
        return found

    def wanted(self) -> WantedWork:
        data = self.cleaned_data
        plain = {name: data[name] for name in ("kind", "title", "note", "starts_at", "ends_at")}
        return WantedWork(**plain, **data["chosen"])


class StepForm(forms.Form):
    """A step of a window that was seen in this version."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class EndForm(StepForm):
    ends_at = MinuteField(label=gettext_lazy("Until"), required=False)
    at_once = forms.BooleanField(required=False)

    def end(self, now: datetime) -> datetime | None:
        """The new end; None where none is told."""
        if self.cleaned_data["at_once"]:
            return now
        told: datetime | None = self.cleaned_data["ends_at"]
        return told


class ReviewForm(StepForm):
    accept = forms.TypedChoiceField(
        choices=[("1", "1"), ("0", "0")], coerce=lambda value: value == "1"
    )
    note = forms.CharField(max_length=500, required=False)


def initial_of(now: datetime, codes: str) -> dict[str, Any]:
    """What the form shows when it is opened: the next full hour, and the cameras asked for."""
    start = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    start += timedelta(hours=1)
    target = Target.CAMERAS if codes else Target.UPSTREAM
    return {
        "starts_at": start,
        "ends_at": start + timedelta(hours=4),
        "target": target.value,
        "cameras": codes,
    }
