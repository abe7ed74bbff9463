"""What people send about posts, people, shifts and points, checked once, here."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gis_server.errors import Invalid
from gis_server.models import LONGEST_CODE
from grids.forms import FRAMES, read_position
from patrols.board.filters import area_of
from patrols.board.members_table import NUMBER, PHONE
from patrols.board.services.posts import MOST_PEOPLE
from patrols.control import ControlLevel
from patrols.models import ControlSwitch, Force, MeansName, PostKind, Shift
from patrols.models.points import MOST_PER_HOUR
from patrols.models.posts import MAX_TASK

MOST_WORDS = 12_000


def area_field() -> forms.RegexField:
    return forms.RegexField(
        r"^[0-9]{6,19}$",
        label=gettext_lazy("Territory (code of street, community or grid)"),
        max_length=LONGEST_CODE,
        error_messages={"invalid": gettext_lazy("A code has 6 to 19 digits.")},
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "off", "list": "area-choices"}
        ),
    )


class PostForm(forms.Form):
    """A post without its needs, whose fields depend on the shifts of its district."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=PostKind.choices)
    scope_code = area_field()
    task = forms.CharField(
        label=gettext_lazy("What is to be done there"), max_length=MAX_TASK, required=False,
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip
    position = forms.CharField(
        label=gettext_lazy("Position: press the map, or type longitude, latitude"),
        max_length=60,
        required=False,
        widget=forms.TextInput(
            {"autocomplete": "off", "placeholder": "112.579012, 37.876543", "id": "point_position"}
        ),
    )
    frame = forms.ChoiceField(
        label=gettext_lazy("Coordinate frame"), choices=FRAMES, required=False,
        widget=forms.Select({"id": "point_frame"}),
    )  # fmt: skip
    grids = forms.CharField(
        label=gettext_lazy("Grids to be patrolled: codes or names, one a line"),
        max_length=MOST_WORDS,
        required=False,
        widget=forms.Textarea({"rows": 5}),
    )
    all_grids = forms.BooleanField(
        label=gettext_lazy("Add all grids of the territory"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["point"] = None
        if text := cleaned.get("position", "").strip():
            try:
                lon, lat = read_position(text, cleaned.get("frame") or "wgs84")
            except ValueError as error:
                self.add_error("position", str(error))
            else:
                cleaned["point"] = (lon, lat)
        if "scope_code" in cleaned:
            cleaned["scope_code"] = area_of(cleaned["scope_code"])
        return cleaned


def need_name(level: str, shift: int) -> str:
    return f"need-{level}-{shift}"


def needs_of(
    sent: Mapping[str, Any], shifts: Sequence[Shift]
) -> dict[ControlLevel, dict[int, int]]:
    """The table of needs of a form; a level of which all fields are empty is none.

    Raises Invalid: a field that is no small number.
    """
    found: dict[ControlLevel, dict[int, int]] = {}
    for level in ControlLevel:
        texts = {one.pk: str(sent.get(need_name(level, one.pk), "")).strip() for one in shifts}
        if any(texts.values()):
            found[level] = {shift: people_of(text or "0") for shift, text in texts.items()}
    return found


def people_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise Invalid(_("A shift needs from 0 to %(most)d people.") % {"most": MOST_PEOPLE})
    return int(text)


class MemberForm(forms.Form):
    """Somebody who can be put on duty."""

    number = forms.RegexField(
        NUMBER,
        label=gettext_lazy("Staff number"),
        max_length=20,
        error_messages={"invalid": gettext_lazy("Up to 20 letters, digits and . _ -")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=40)
    phone = forms.RegexField(
        PHONE,
        label=gettext_lazy("Phone"),
        max_length=30,
        required=False,
        error_messages={"invalid": gettext_lazy("Up to 30 letters, digits and + ( ) -")},
    )
    force = forms.ChoiceField(label=gettext_lazy("Force"), choices=Force.choices)
    means = forms.ChoiceField(label=gettext_lazy("Means of transport"), choices=MeansName.choices)
    scope_code = area_field()
    username = forms.CharField(
        label=gettext_lazy("Account"), max_length=150, required=False,
        help_text=gettext_lazy("With which they sign in on their phone; may be left empty."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    worker = forms.CharField(
        label=gettext_lazy("Number among the grid staff"), max_length=12, required=False,
        help_text=gettext_lazy("If they look after grids too."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("In service"), required=False, initial=True)

    def clean_scope_code(self) -> str:
        return area_of(self.cleaned_data["scope_code"])


class ShiftForm(forms.Form):
    """A shift's name and hours."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=20)
    begins = forms.TimeField(
        label=gettext_lazy("Begins"), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label=gettext_lazy("Ends"), widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("No later than the beginning: on the next day."),
    )  # fmt: skip


class NewShiftForm(ShiftForm):
    area = forms.ChoiceField(label=gettext_lazy("District"))

    field_order = ["area", "name", "begins", "ends"]

    def __init__(self, areas: Sequence[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["area"].choices = list(areas)  # type: ignore[attr-defined]


class ChangedShiftForm(ShiftForm):
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)


class PointsForm(forms.Form):
    """Whether volunteers get points."""

    is_on = forms.BooleanField(label=gettext_lazy("Volunteers get points"), required=False)
    per_hour = forms.DecimalField(
        label=gettext_lazy("Points an hour"), min_value=Decimal(0),
        max_value=Decimal(MOST_PER_HOUR), max_digits=5, decimal_places=2,
    )  # fmt: skip


LEVELS = ControlSwitch.Level.choices
