"""What administrators send about rounds: the hours of a day, and how long pictures are good."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras.picture.rounds import ClassRules, Stretch

LINE = re.compile(r"\s*(\d{1,2})\s*[-–—~至]\s*(\d{1,2})\s*[:：,，]?\s*(\d{1,4})\s*")
LONGEST = 400
MOST_MINUTES = 100_000
MOST_DAYS = 3650


class HoursField(forms.CharField):
    """Stretches of the day, one a line: "6-22 60" is from 6 to 22 o'clock every 60 minutes.

    Raises:
        ValidationError: a line that is none; whether they fit together is `services.save_rule`'s.
    """

    def __init__(self, **more: Any) -> None:
        widget = forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=LONGEST, required=False, widget=widget, **more)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(f"{one.from_hour}-{one.to_hour} {one.every_min}" for one in value)

    def clean(self, value: Any) -> tuple[Stretch, ...]:
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        return tuple(sorted(map(stretch, lines), key=lambda one: one.from_hour))


def stretch(line: str) -> Stretch:
    """One line.  Raises ValidationError."""
    found = LINE.fullmatch(line)
    if not found:
        message = _("“%(line)s” is not such a line. Write for example: 6-22 60")
        raise forms.ValidationError(message % {"line": line[:40]})
    return Stretch(*map(int, found.groups()))


class RuleForm(forms.Form):
    """When the cameras of a class are looked at, and what becomes of their pictures."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    hours = HoursField(
        label=gettext_lazy("Rounds"),
        help_text=gettext_lazy(
            "One stretch of the day a line: from hour, to hour, every so many minutes. "
            "6-22 60 is: from 6 to 22 o'clock every 60 minutes. Empty: no rounds."
        ),
    )
    dim_after_min = forms.IntegerField(
        label=gettext_lazy("A picture is old after (minutes)"),
        min_value=1,
        max_value=MOST_MINUTES,
        help_text=gettext_lazy("Older ones are dimmed wherever they are shown."),
    )
    keep_days = forms.IntegerField(
        label=gettext_lazy("Keep pictures for (days)"),
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text=gettext_lazy("Empty: as the settings say."),
    )
    keep_faults_days = forms.IntegerField(
        label=gettext_lazy("Keep pictures with faults for (days)"),
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text=gettext_lazy("Empty: as the settings say."),
    )

    def wanted(self, priority: str) -> ClassRules:
        data = self.cleaned_data
        return ClassRules(
            priority,
            data["hours"],
            data["dim_after_min"],
            data["keep_days"],
            data["keep_faults_days"],
            data["version"],
        )


def initial_of_rules(rules: ClassRules) -> dict[str, Any]:
    return {
        "version": rules.version,
        "hours": rules.hours,
        "dim_after_min": rules.dim_after_min,
        "keep_days": rules.keep_days,
        "keep_faults_days": rules.keep_faults_days,
    }
