"""The form of a plan; which fields it has depends on the channel."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cameras.handover.channels import CHANNELS
from cameras.handover.delivery_flow import WORKDAY
from cameras.handover.files.formats import FORMATS
from cameras.handover.line import Filters
from cameras.handover.models import DeliveryPlan
from cameras.handover.services.plans import WantedPlan

MAX_ADDRESS, MAX_SECRET, MIN_SECRET = 1000, 200, 16
WEEKDAYS = [
    (1, pgettext_lazy("weekday", "Mon")),
    (2, pgettext_lazy("weekday", "Tue")),
    (3, pgettext_lazy("weekday", "Wed")),
    (4, pgettext_lazy("weekday", "Thu")),
    (5, pgettext_lazy("weekday", "Fri")),
    (6, pgettext_lazy("weekday", "Sat")),
    (7, pgettext_lazy("weekday", "Sun")),
    (WORKDAY, pgettext_lazy("weekday", "Working days")),
]
ADDRESS_HELP = {
    "email": gettext_lazy("Mail addresses, one a line, 20 at most."),
    "webhook": gettext_lazy("https://…; its host must stand in DELIVERY_HOSTS."),
    "wecom": gettext_lazy("The robot's Webhook address, as WeCom shows it."),
    "dingtalk": gettext_lazy("The robot's Webhook address, as DingTalk shows it."),
}
SECRET_HELP = {
    "webhook": gettext_lazy("Signs what is sent; the receiver needs the same. 16 signs or more."),
    "dingtalk": gettext_lazy("Where the robot is set to “加签”: what begins with SEC."),
}


class PlanForm(forms.Form):
    """What is to be delivered and when.  The filters are chosen on the list itself."""

    name = forms.CharField(label=gettext_lazy("Name of the plan"), max_length=60)
    address = forms.CharField(
        label=gettext_lazy("Deliver to"),
        max_length=MAX_ADDRESS,
        widget=forms.Textarea({"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        max_length=MAX_SECRET,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    formats = forms.MultipleChoiceField(
        label=gettext_lazy("Files"),
        choices=[(name, one.label) for name, one in FORMATS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    daily_at = forms.TimeField(
        label=gettext_lazy("Every day at"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("By the clock here. Empty: not every day."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only on"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "None chosen: every day. Working days go by the calendar: no holiday, but the days "
            "that are worked instead."
        ),
    )
    outage_cameras = forms.IntegerField(
        label=gettext_lazy("At once, when so many cameras fall together"),
        min_value=2,
        max_value=100_000,
        required=False,
        help_text=gettext_lazy("Each outage once. Empty: never."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, initial="zh-hans"
    )
    enabled = forms.BooleanField(
        label=pgettext_lazy("hand-over", "Deliver"), required=False, initial=True
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def __init__(self, channel: str, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        self.fields["address"].help_text = ADDRESS_HELP[channel]
        if channel in SECRET_HELP:
            self.fields["secret"].help_text = SECRET_HELP[channel]
            self.fields["secret"].required = is_new and channel == "webhook"
        else:
            del self.fields["secret"]
        if channel != "email":
            del self.fields["formats"]
        if not is_new:
            self.fields["address"].required = False

    def clean_address(self) -> str:
        text = str(self.cleaned_data["address"]).strip().replace(",", "\n")
        address = "\n".join(text.split())
        if address and (fault := CHANNELS[self.channel].fault(address)):
            raise forms.ValidationError(fault)
        return address

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"])
        if secret and self.channel == "webhook" and len(secret) < MIN_SECRET:
            raise forms.ValidationError(_("Too short: 16 signs or more."))
        return secret

    def wanted(self, filters: Filters) -> WantedPlan:
        data = self.cleaned_data
        return WantedPlan(
            name=data["name"],
            address=data["address"],
            secret=data.get("secret", ""),
            filters=filters,
            formats=data.get("formats", []),
            daily_at=data["daily_at"],
            weekdays=sorted(data["weekdays"]),
            outage_cameras=data["outage_cameras"],
            language=data["language"],
            enabled=data["enabled"],
        )


def initial_of(plan: DeliveryPlan) -> dict[str, Any]:
    """Nothing of address or secret: they are entered anew or stay."""
    return {
        "name": plan.name,
        "formats": plan.formats,
        "daily_at": plan.daily_at,
        "weekdays": plan.weekdays,
        "outage_cameras": plan.outage_cameras,
        "language": plan.language,
        "enabled": plan.enabled,
        "version": plan.version,
    }
