"""What people send about the catalogue, deadlines and departments."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from events.models import Category, DeadlineRule
from events.services.deadline_rules import MOST_MINUTES, NewRule
from events.texts import LEVELS, SEVERITIES, STAGES
from gis_server.models import LONGEST_CODE
from patrols.models import ControlSwitch

SEVERITY_CHOICES = [(severity.value, name) for severity, name in SEVERITIES.items()]
LEVEL_CHOICES = [(level.value, name) for level, name in LEVELS.items()]
CONTROL_CHOICES = ControlSwitch.Level.choices
STAGE_CHOICES = [(stage.value, name) for stage, name in STAGES.items()]
ANY = _("any")
PHOTO = _("Asks for a photo: without one nothing is reported of it")


class CategoryForm(forms.Form):
    """What may change of an entry or a group."""

    name = forms.CharField(label=_("Name"), max_length=40)
    hint = forms.CharField(
        label=_("Hint for whoever reports"),
        max_length=200,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    severity = forms.ChoiceField(label=_("Proposed severity"), choices=SEVERITY_CHOICES)
    needs_photo = forms.BooleanField(label=PHOTO, required=False)
    is_active = forms.BooleanField(label=_("In use"), required=False)


class NewCategoryForm(forms.Form):
    """A new entry below a group, or a new group."""

    parent = forms.ModelChoiceField(
        Category.objects.none(),
        label=_("Group"),
        required=False,
        empty_label=_("none: this is a new group"),
    )
    code = forms.RegexField(
        r"^[A-Z0-9-]{1,12}$",
        label=_("Code"),
        max_length=12,
        help_text=_("Capital letters, digits and hyphens; it stays for ever."),
        error_messages={"invalid": _("1 to 12 capital letters, digits or hyphens.")},
    )
    name = forms.CharField(label=_("Name"), max_length=40)
    hint = forms.CharField(label=_("Hint for whoever reports"), max_length=200, required=False)
    severity = forms.ChoiceField(label=_("Proposed severity"), choices=SEVERITY_CHOICES)
    needs_photo = forms.BooleanField(label=PHOTO, required=False)

    def __init__(self, groups: QuerySet[Category], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["parent"].queryset = groups  # type: ignore[attr-defined]


class DeadlineForm(forms.Form):
    """A deadline from a day to come on."""

    stage = forms.ChoiceField(label=_("Deadline of"), choices=STAGE_CHOICES)
    category = forms.ModelChoiceField(
        Category.objects.none(), label=_("Entry"), required=False, empty_label=ANY
    )
    severity = forms.ChoiceField(
        label=_("Severity"), choices=[("", ANY), *SEVERITY_CHOICES], required=False
    )
    control = forms.ChoiceField(
        label=_("Control level"), choices=[("", ANY), *CONTROL_CHOICES], required=False
    )
    level = forms.ChoiceField(label=_("Level"), choices=[("", ANY), *LEVEL_CHOICES], required=False)
    valid_from = forms.DateField(
        label=_("Holds from"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    amount = forms.IntegerField(label=_("Time"), min_value=1, max_value=MOST_MINUTES)
    unit = forms.ChoiceField(label=_("Unit of time"), choices=DeadlineRule.Unit.choices)
    amber = forms.IntegerField(
        label=_("Amber when so much is left (%)"), min_value=1, max_value=99, initial=25
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        entries = Category.objects.filter(parent__isnull=False, is_active=True).order_by("code")
        self.fields["category"].queryset = entries  # type: ignore[attr-defined]

    def rule(self) -> NewRule:
        return NewRule(**self.cleaned_data)


class DepartmentForm(forms.Form):
    """A department's name, area and phone."""

    name = forms.CharField(label=_("Name of the department"), max_length=80)
    area = forms.RegexField(
        r"^[0-9]{2,19}$",
        label=_("Area (code or its beginning)"),
        max_length=LONGEST_CODE,
        error_messages={"invalid": _("A code has 2 to 19 digits.")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)


class ChangedDepartmentForm(DepartmentForm):
    is_active = forms.BooleanField(label=_("In use"), required=False)
