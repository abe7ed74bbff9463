"""The numbers that a fault of a picture rests on, by the names of `cameras.picture.findings`."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

MEASURES: dict[str, str | Promise] = {
    "flat": pgettext_lazy("measure", "flat"),
    "palette": pgettext_lazy("measure", "palette"),
    "luma": pgettext_lazy("measure", "luma"),
    "high": pgettext_lazy("measure", "high"),
    "low": pgettext_lazy("measure", "low"),
    "white": pgettext_lazy("measure", "white"),
    "sharpness": pgettext_lazy("measure", "sharpness"),
    "tint_a": pgettext_lazy("measure", "tint_a"),
    "tint_b": pgettext_lazy("measure", "tint_b"),
    "colour_spread": pgettext_lazy("measure", "colour_spread"),
    "noise": pgettext_lazy("measure", "noise"),
    "stripes": pgettext_lazy("measure", "stripes"),
    "squares": pgettext_lazy("measure", "squares"),
    "squares_between": pgettext_lazy("measure", "squares_between"),
    "smear": pgettext_lazy("measure", "smear"),
    "flicker": pgettext_lazy("measure", "flicker"),
    "watched_s": pgettext_lazy("measure", "watched_s"),
    "gone": pgettext_lazy("measure", "gone"),
    "alike": pgettext_lazy("measure", "alike"),
    "best_quarter": pgettext_lazy("measure", "best_quarter"),
    "shift": pgettext_lazy("measure", "shift"),
    "shake": pgettext_lazy("measure", "shake"),
}
