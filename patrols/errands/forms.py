"""Forms of errands and checkpoints."""

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy

from gis_server.frames import Frame
from gis_server.geo import WGS84
from grids.forms import FRAMES, read_position
from patrols.errands.planning import Wanted
from patrols.models import Checkpoint, Post
from patrols.models.errands import (
    DEFAULT_DWELL_S,
    DEFAULT_RADIUS_M,
    LEAST_RADIUS_M,
    MAX_MESSAGE,
    MOST_DWELL_S,
    MOST_RADIUS_M,
)


class CheckpointForm(forms.Form):
    """A checkpoint; the map of the page fills position and frame."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    position = forms.CharField(
        label=gettext_lazy("Longitude, latitude"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "112.579012, 37.876543"}),
    )
    frame = forms.ChoiceField(
        label=gettext_lazy("Coordinate frame"), choices=FRAMES, initial=Frame.WGS84.value
    )
    radius_m = forms.IntegerField(
        label=gettext_lazy("Counts within (m)"), initial=DEFAULT_RADIUS_M,
        min_value=LEAST_RADIUS_M, max_value=MOST_RADIUS_M,
        help_text=gettext_lazy("Phones are 5 to 15 m off outdoors; less than 20 m misses visits."),
    )  # fmt: skip
    dwell_s = forms.IntegerField(
        label=gettext_lazy("Counts after (s)"), initial=DEFAULT_DWELL_S,
        min_value=0, max_value=MOST_DWELL_S,
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"position", "frame"} <= cleaned.keys():
            try:
                cleaned["point"] = read_position(cleaned["position"], cleaned["frame"])
            except ValueError as error:
                self.add_error("position", str(error))
        return cleaned

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        east, north = data["point"]
        return Wanted(
            data["name"], Point(east, north, srid=WGS84), data["radius_m"], data["dwell_s"],
            data["is_active"],
        )  # fmt: skip

    @staticmethod
    def initial_of(row: Checkpoint) -> dict[str, Any]:
        return {
            "name": row.name,
            "position": f"{row.point.x}, {row.point.y}",
            "frame": Frame.WGS84.value,
            "radius_m": row.radius_m,
            "dwell_s": row.dwell_s,
            "is_active": row.is_active,
            "seen": row.version,
        }


class NewCheckpointForm(CheckpointForm):
    post = forms.ChoiceField(label=gettext_lazy("Post"))
    field_order = ("post",)

    def __init__(self, posts: list[Post], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(str(post.pk), f"{post.name} · {post.scope_code}") for post in posts]
        self.fields["post"].choices = choices  # type: ignore[attr-defined]
        del self.fields["is_active"], self.fields["seen"]

    def wanted(self) -> Wanted:
        self.cleaned_data["is_active"] = True
        return super().wanted()


class SendForm(forms.Form):
    """A message for one of the people that the page lists."""

    duty = forms.ChoiceField(
        label=gettext_lazy("Who"), widget=forms.RadioSelect, error_messages={
            "required": gettext_lazy("Choose who is to go.")
        }
    )  # fmt: skip
    message = forms.CharField(
        label=gettext_lazy("Message"), max_length=MAX_MESSAGE,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, duties: list[int], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["duty"].choices = [(str(one), str(one)) for one in duties]  # type: ignore[attr-defined]
