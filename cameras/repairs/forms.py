"""What people send about orders, teams and rules, checked once, here."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras.forms.networks import number, text
from cameras.models import Camera, Owner, Team, Upstream
from cameras.repairs.models import LONGEST_MIN
from cameras.repairs.services.deadlines import Minutes
from cameras.repairs.services.verbs import Sent
from gis_server.errors import Invalid
from gis_server.models import LONGEST_CODE
from gis_server.plain_numbers import whole_of

MOST_SENT = 60
MAX_ID = 2**63 - 1


def sent_by(fields: QueryDict) -> Sent:
    """What a form sent with a step.  Raises Invalid: a number or day that is none."""
    return Sent(
        note=fields.get("note", ""),
        team=whole(fields.get("team") or "0"),
        waits_for=fields.get("waits_for", ""),
        review_on=day(fields.get("review_on", "")),
        parts=parts_of(fields.getlist("part_name"), fields.getlist("part_count")),
        photos=[whole(one) for one in fields.getlist("photo")[:MOST_SENT]],
    )


def parts_of(names: Sequence[str], counts: Sequence[str]) -> list[dict[str, Any]]:
    """Parts from two columns of a form; a row without a name is none."""
    rows = list(zip(names, counts, strict=False))[:MOST_SENT]
    return [
        {"name": name.strip(), "count": whole(count or "1")} for name, count in rows if name.strip()
    ]


def whole(value: object) -> int:
    """Raises Invalid."""
    digits = str(value).strip()
    number = whole_of(digits)
    if number is None or not 0 <= number <= MAX_ID:
        raise Invalid(_("“%(value)s” is no whole number.") % {"value": digits[:20]})
    return number


def day(value: object) -> date | None:
    """A day as YYYY-MM-DD; None where nothing was sent.  Raises Invalid."""
    if not value:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Invalid(_("A day is written like 2026-03-01.")) from None


def sent_as_json(told: Mapping[str, Any]) -> Sent:
    """What a program sent with a step.  Raises Invalid: not of the form that the docs give."""
    parts, photos = told.get("parts", []), told.get("photos", [])
    if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
        raise Invalid(_("parts must be a list of objects with name and count."))
    if not isinstance(photos, list) or not all(type(one) is int for one in photos):
        raise Invalid(_("photos must be a list of numbers."))
    return Sent(
        note=str(told.get("note", "")),
        team=whole(told.get("team", 0)),
        waits_for=str(told.get("waits_for", "")),
        review_on=day(told.get("review_on", "")),
        parts=parts[:MOST_SENT],
        photos=photos[:MOST_SENT],
    )


class TeamForm(forms.Form):
    """A team's name and phone; `seen` is what the sender had before them."""

    name = text(gettext_lazy("Name of the team"), 80)
    phone = text(gettext_lazy("Phone"), 30, required=False)


class RuleForm(forms.Form):
    """Delays and deadlines of a class from a day on."""

    priority = forms.ChoiceField(label=gettext_lazy("Class"), choices=Camera.Priority.choices)
    valid_from = forms.DateField(
        label=gettext_lazy("Holds from"), widget=forms.DateInput({"type": "date"})
    )
    delay_outage_min = number(
        gettext_lazy("Order after an outage of (minutes)"), 0, LONGEST_MIN, required=True
    )
    delay_picture_min = number(
        gettext_lazy("Order after a picture fault of (minutes)"), 0, LONGEST_MIN, required=True
    )
    respond_min = number(gettext_lazy("Accept within (minutes)"), 1, LONGEST_MIN, required=True)
    arrive_min = number(gettext_lazy("Arrive within (minutes)"), 1, LONGEST_MIN, required=True)
    fix_min = number(gettext_lazy("Repair within (minutes)"), 1, LONGEST_MIN, required=True)

    def minutes(self) -> Minutes:
        names = (
            "delay_outage_min", "delay_picture_min", "respond_min", "arrive_min", "fix_min",
        )  # fmt: skip
        return Minutes(*(self.cleaned_data[name] for name in names))


class RoutingForm(forms.Form):
    """A rule of routing, among what the sender may see."""

    area = forms.RegexField(
        r"^[0-9]{2,19}$",
        label=gettext_lazy("Area (code or its beginning)"),
        max_length=LONGEST_CODE,
        error_messages={"invalid": gettext_lazy("A code has 2 to 19 digits.")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    owner = forms.ModelChoiceField(
        Owner.objects.none(),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("any owner"),
    )
    upstream = forms.ModelChoiceField(
        Upstream.objects.none(),
        label=gettext_lazy("Connected through"),
        required=False,
        empty_label=gettext_lazy("any device"),
    )
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Repair team"))

    def __init__(self, choices: Any, teams: Any, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, rows in (("owner", choices.owners), ("upstream", choices.upstreams)):
            field = self.fields[name]
            kind = Owner if name == "owner" else Upstream
            field.queryset = kind.objects.filter(pk__in=[one.pk for one in rows])  # type: ignore[attr-defined]
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
