"""Forms of devices, disputes and their answers."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from patrols.models.fixes import MAX_REASON

LONGEST_NAME = 40


class DeviceForm(forms.Form):
    """For whom; the number is looked up among the members in reach."""

    number = forms.CharField(label=_("Staff number of the member"), max_length=20)
    name = forms.CharField(label=_("Name of the device"), max_length=LONGEST_NAME)


class DisputeForm(forms.Form):
    """A time of one day of one's own track."""

    day = forms.DateField(widget=forms.HiddenInput)
    begin = forms.TimeField(
        label=pgettext_lazy("track", "From"), widget=forms.TimeInput({"type": "time"})
    )
    end = forms.TimeField(
        label=pgettext_lazy("track", "Until"), widget=forms.TimeInput({"type": "time"})
    )
    reason = forms.CharField(
        label=pgettext_lazy("track", "What is wrong"),
        max_length=MAX_REASON,
        widget=forms.Textarea({"rows": 2}),
    )


class AnswerForm(forms.Form):
    """upheld: whether the fixes of that time count for nothing from now on."""

    upheld = forms.TypedChoiceField(
        label=pgettext_lazy("dispute", "Decision"),
        choices=[
            ("yes", _("Uphold: these positions do not count")),
            ("no", _("Reject: they count")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Answer to the member"), max_length=MAX_REASON, widget=forms.Textarea({"rows": 2})
    )
