"""What people send about cameras, checked once, here; services hold what spans rows."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras.forms.networks import LOGINS, LONGEST_PASSWORD, NetworkForm, number, text
from cameras.gb28181 import NotAnId, parse
from cameras.models import MAX_INTERVAL_S, MIN_INTERVAL_S, Camera, Upstream
from cameras.reading.device import LONGEST_PATH, MOST_PROFILES, Profile
from cameras.services import LoginKind, NewCamera, WantedCredential
from cameras.services.editing import PLAIN, POINT_DECIMALS, state_of_camera
from cameras.services.registry import NewUpstream
from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from grids.forms import FRAMES, read_position

CODE = r"^[0-9A-Za-z._-]{1,20}$"


def offered(name: str) -> forms.TextInput:
    """An input that offers what is known already (a datalist of the page), and takes new words."""
    return forms.TextInput({"list": name, "autocomplete": "off"})


class CameraForm(NetworkForm):
    """Everything that an editor sets."""

    name = text(gettext_lazy("Name of the camera"), 80)
    position = text(
        gettext_lazy("Longitude, latitude"),
        60,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "112.579012, 37.876543"}),
    )
    frame = forms.ChoiceField(label=gettext_lazy("Coordinate frame"), choices=FRAMES)
    address_text = text(gettext_lazy("Address"), 200, required=False)
    pole = text(gettext_lazy("Pole"), 40, required=False)
    direction_deg = number(gettext_lazy("Looks towards (° from north, clockwise)"), 0, 359)
    view_angle_deg = number(gettext_lazy("Angle of view (°)"), 1, 360)
    gb_id = text(
        gettext_lazy("GB/T 28181 id"),
        20,
        required=False,
        empty_value=None,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Class"),
        choices=Camera.Priority.choices,
        initial=Camera.Priority.ORDINARY.value,
    )
    owner = text(gettext_lazy("Owner"), 80, widget=offered("owners"))
    team = text(gettext_lazy("Repair team"), 80, widget=offered("teams"))
    upstream_kind = forms.ChoiceField(
        label=gettext_lazy("Connected through"),
        required=False,
        choices=[("", "–"), *Upstream.Kind.choices],
    )
    upstream = text(
        gettext_lazy("Name of the recorder or switch"),
        80,
        required=False,
        widget=offered("upstreams"),
    )
    snapshot_path = text(gettext_lazy("Snapshot path"), 300, required=False)
    interval_s = number(
        gettext_lazy("Asked every … seconds (empty: as all are)"), MIN_INTERVAL_S, MAX_INTERVAL_S
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("Is watched over"), required=False, initial=True
    )
    has_video = forms.BooleanField(
        label=gettext_lazy("Sends pictures"), required=False, initial=True
    )
    make = text(gettext_lazy("Make"), 60, required=False)
    model = text(gettext_lazy("Model"), 60, required=False)
    firmware = text(gettext_lazy("Firmware"), 80, required=False)
    serial = text(gettext_lazy("Serial number"), 80, required=False)

    def clean_gb_id(self) -> str | None:
        given = self.cleaned_data["gb_id"]
        try:
            return parse(given).text if given else None
        except NotAnId:
            raise forms.ValidationError(
                _("The id has 20 digits, of which the first two name a province.")
            ) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if {"position", "frame"} <= cleaned.keys():
            try:
                cleaned["point"] = read_position(cleaned["position"], cleaned["frame"])
            except ValueError as error:
                self.add_error("position", str(error))
        if bool(cleaned.get("upstream_kind")) != bool(cleaned.get("upstream")):
            self.add_error("upstream", _("Say both: recorder or switch, and its name."))
        return cleaned

    def upstream_told(self) -> list[str] | None:
        data = self.cleaned_data
        return [data["upstream_kind"], data["upstream"]] if data["upstream"] else None


class NewCameraForm(CameraForm):
    """A camera to be entered; its code stays for ever."""

    code = forms.RegexField(
        CODE,
        label=gettext_lazy("Code"),
        error_messages={
            "invalid": gettext_lazy("At most 20 letters, digits and . _ - are wanted.")
        },
        help_text=gettext_lazy("It cannot be changed later."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    territory = forms.RegexField(
        rf"^[0-9]{{2,{LONGEST_CODE}}}$",
        label=gettext_lazy("Territory code, for a place in no grid"),
        required=False,
        max_length=LONGEST_CODE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("enabled", "make", "model", "firmware", "serial"):
            del self.fields[name]
        login = self.fields["login"]
        assert isinstance(login, forms.ChoiceField)  # noqa: S101 - for the type checker
        login.choices = [one for one in LOGINS if one[0] != LoginKind.KEEP.value]
        login.initial = LoginKind.GROUP.value

    def new(self) -> NewCamera:
        data = self.cleaned_data
        told, site = self.upstream_told(), data["site"]
        east, north = data["point"]
        plain = {name: data[name] for name in PLAIN if name in NEW_FIELDS}
        return NewCamera(
            code=data["code"],
            point=Point(east, north, srid=WGS84),
            owner=data["owner"],
            team=data["team"],
            upstream=NewUpstream(kind=told[0], name=told[1]) if told else None,
            scope_code=data["territory"],
            site=site.name if site else "",
            **plain,
        )


NEW_FIELDS = {
    "name", "address_text", "host", "port", "path", "tls", "onvif_port", "snapshot_path", "gb_id",
    "priority", "pole", "direction_deg", "view_angle_deg", "interval_s", "has_video",
}  # fmt: skip


class EditCameraForm(CameraForm):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def values(self) -> dict[str, Any]:
        """In the shape of `state_of_camera`."""
        data = self.cleaned_data
        site = {"site": data["site"].name} if data["site"] else {}
        return {name: data[name] for name in PLAIN} | {
            "point": [round(part, POINT_DECIMALS) for part in data["point"]],
            "owner": data["owner"],
            "team": data["team"],
            "upstream": self.upstream_told(),
            **site,
        }


def initial_of(camera: Camera) -> dict[str, Any]:
    """What the form of a camera shows when it is opened; nothing of a login but its group."""
    state = state_of_camera(camera)
    kind, name = state["upstream"] or ("", "")
    east, north = state["point"]
    return state | {
        "upstream_kind": kind,
        "upstream": name,
        "position": f"{east}, {north}",
        "frame": "wgs84",
        "version": camera.version,
        "credential": camera.credential,
        "allow_plain": camera.allow_plain_login,
    }


TOLD = {"make": 60, "model": 60, "firmware": 80, "serial": 80}
"""What a device tells of itself, and how much of it is stored."""


def is_short(profile: Profile) -> bool:
    values = asdict(profile).values()
    return all(isinstance(one, str) and len(one) <= LONGEST_PATH for one in values)


class ReadingForm(forms.Form):
    """What a device told about itself, to be stored or left."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    profiles = forms.JSONField(widget=forms.HiddenInput, required=False)
    path = text(gettext_lazy("Stream path"), 300, widget=forms.RadioSelect)
    snapshot_path = text(
        gettext_lazy("Snapshot path"), 300, required=False, widget=forms.RadioSelect
    )
    make = text(gettext_lazy("Make"), TOLD["make"], required=False)
    model = text(gettext_lazy("Model"), TOLD["model"], required=False)
    firmware = text(gettext_lazy("Firmware"), TOLD["firmware"], required=False)
    serial = text(gettext_lazy("Serial number"), TOLD["serial"], required=False)

    def clean_path(self) -> str:
        return self._checked("path")

    def clean_snapshot_path(self) -> str:
        return self._checked("snapshot_path")

    def clean_profiles(self) -> list[dict[str, str]]:
        """What the page was given, which somebody may have changed on the way back."""
        told = self.cleaned_data["profiles"] or []
        try:
            profiles = [Profile(**one) for one in told] if isinstance(told, list) else None
        except TypeError:
            profiles = None
        if profiles is None or len(profiles) > MOST_PROFILES or not all(map(is_short, profiles)):
            raise forms.ValidationError(_("These are no streams: read the device again."))
        return [asdict(one) for one in profiles]

    def _checked(self, name: str) -> str:
        path: str = self.cleaned_data[name]
        if path and not path.startswith("/"):
            raise forms.ValidationError(_("A path begins with “/”."))
        return path

    def offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """The paths to choose from: (path, how it is called)."""
        widget = self.fields[name].widget
        assert isinstance(widget, forms.RadioSelect)  # noqa: S101 - for the type checker
        widget.choices = choices

    def values(self) -> dict[str, Any]:
        """In the shape of `state_of_camera`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class CredentialForm(forms.Form):
    """A group of logins; the password is empty when the form is opened, always."""

    name = text(gettext_lazy("Name of the shared login"), 60)
    username = text(
        gettext_lazy("User name of the camera"),
        80,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Empty for cameras that want no login."),
    )
    password = text(
        gettext_lazy("Password of the camera"),
        LONGEST_PASSWORD,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("It is stored sealed and never shown again."),
    )
    allow_plain = forms.BooleanField(
        label=gettext_lazy("May send the password readable (Basic)"), required=False
    )

    def wanted(self) -> WantedCredential:
        data = self.cleaned_data
        return WantedCredential(
            name=data["name"],
            username=data["username"],
            password=data["password"] or None,
            allow_plain=data["allow_plain"],
        )
