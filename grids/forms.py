"""What people send to edit the territory, checked once, here; services hold what spans rows."""

import json
import re
from typing import Any

from django import forms
from django.forms.models import fields_for_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_server import frames
from gis_server.models import LONGEST_CODE
from gis_server.plain_numbers import decimals_of
from grids.models import GridWorker, StaffRole, Thing
from grids.services.state import MODELS, POINT_DECIMALS, State, word_for

LONGEST_SEEN = 4000  # characters of the JSON that says what the page showed
FRAMES = [
    (frames.Frame.WGS84.value, gettext_lazy("WGS84 (GPS)")),
    (frames.Frame.CGCS2000.value, gettext_lazy("CGCS2000 (Tianditu)")),
    (frames.Frame.GCJ02.value, gettext_lazy("GCJ-02 (Amap, Tencent)")),
    (frames.Frame.BD09.value, gettext_lazy("BD-09 (Baidu)")),
]
SHOWN: dict[Thing, tuple[str, ...]] = {
    Thing.DIVISION: ("name", "kind"),
    Thing.GRID: ("name", "kind"),
    Thing.BUILDING: ("name", "address", "households", "floors", "units"),
    Thing.SHOP: ("name", "address", "kind", "open"),
    Thing.SERVICE_POINT: ("name", "address", "kind"),
    Thing.WORKER: ("name", "phone", "role"),
}


class SeenForm(forms.Form):
    """A form that says what its page showed when it was opened."""

    seen = forms.CharField(max_length=LONGEST_SEEN, widget=forms.HiddenInput)

    def clean_seen(self) -> State:
        try:
            seen = json.loads(self.cleaned_data["seen"])
        except ValueError:
            seen = None
        if not isinstance(seen, dict):
            raise forms.ValidationError(_("This page cannot be read any more. Reload it."))
        return seen


class FieldsForm(SeenForm):
    """The fields of one thing, with the limits that its table has."""

    def __init__(self, thing: Thing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = SHOWN[thing]
        made = fields_for_model(MODELS[thing], fields=self.names, localized_fields=None)
        for name in self.names:
            self.fields[name] = made[name]
            self.fields[name].label = word_for(MODELS[thing], name)

    def new(self) -> State:
        return {name: self.cleaned_data[name] for name in self.names}


class CodeForm(SeenForm):
    code = forms.CharField(
        label=gettext_lazy("New code"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class PointForm(SeenForm):
    """A position as it is pasted: longitude and latitude in degrees, and the frame they are in."""

    position = forms.CharField(
        label=gettext_lazy("Longitude, latitude"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "112.579012, 37.876543"}
        ),
    )
    frame = forms.ChoiceField(
        label=gettext_lazy("Coordinate frame"), choices=FRAMES, initial=frames.Frame.WGS84.value
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"position", "frame"} <= cleaned.keys():
            try:
                cleaned["point"] = read_position(cleaned["position"], cleaned["frame"])
            except ValueError as error:
                self.add_error("position", str(error))
        return cleaned


def read_position(text: str, frame: str) -> list[float]:
    """[longitude, latitude] in WGS84 degrees, rounded as they are stored.

    Raises:
        ValueError: a sentence that says what is wrong with the text.
    """
    parts = re.split(r"[,，;；\s]+", text.strip())
    try:
        east, north = decimals_of(",".join(parts))
    except ValueError:
        raise ValueError(_("Two numbers are wanted, such as 112.579012, 37.876543.")) from None
    if frames.looks_swapped([east], [north]):
        raise ValueError(_("Longitude and latitude seem to be exchanged."))
    try:
        lon, lat = frames.to_wgs84([east], [north], frames.Frame(frame))
    except frames.BadCoordinatesError:
        raise ValueError(_("This is no position on earth, in degrees.")) from None
    return [round(float(lon[0]), POINT_DECIMALS), round(float(lat[0]), POINT_DECIMALS)]


class AssignForm(forms.Form):
    """Who is to look after which grid; staff and grids are named by number and code."""

    number = forms.CharField(
        label=gettext_lazy("Staff number"),
        max_length=12,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    code = forms.CharField(label=gettext_lazy("Grid code"), max_length=LONGEST_CODE)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=StaffRole.choices)
    first = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("Last day, if known"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    stands_in_for = forms.CharField(
        label=gettext_lazy("Stands in for (staff number)"),
        max_length=GridWorker._meta.get_field("number").max_length or 12,
        required=False,
    )


class EndForm(SeenForm):
    last = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
