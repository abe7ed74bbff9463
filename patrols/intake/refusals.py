"""Why a position is not taken."""

from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from patrols.osmand import LARGEST_BODY, LONGEST_DEVICE, Flaw


class Refusal(IntEnum):
    """TAKEN stands for a position that is; repeats are taken too, and change nothing."""

    TAKEN = 0
    UNREADABLE = 1
    OUTSIDE_DUTY = 2
    TOO_OLD = 3
    AHEAD = 4
    NO_TIME = 5


WORDS: dict[Refusal, str] = {
    Refusal.UNREADABLE: "unreadable",
    Refusal.OUTSIDE_DUTY: "outside_duty",
    Refusal.TOO_OLD: "too_old",
    Refusal.AHEAD: "ahead",
    Refusal.NO_TIME: "no_time",
}
"""As programs read them."""
TEXTS: dict[str, str | Promise] = {
    "unreadable": _("It could not be read as a position."),
    "outside_duty": _("It lies outside a duty, so it was not kept."),
    "too_old": _("It is older than positions are kept."),
    "ahead": _("Its time lies more than a day ahead: the phone's clock is wrong."),
    "no_time": _("It has no time."),
    "wrong_token": _("The token is wrong, or was replaced or revoked."),
    "member_inactive": _("The member is no longer active."),
}
"""For people; also what a device is refused for as a whole."""

FLAWS: dict[Flaw, str | Promise] = {
    Flaw.MISSING: pgettext_lazy("field", "missing"),
    Flaw.NO_NUMBER: _("no number"),
    Flaw.NO_TIME: pgettext_lazy("field", "no time"),
    Flaw.NO_CENTURY: _("not of this century"),
    Flaw.NO_PLACE: _("no latitude and longitude"),
    Flaw.SWAPPED: _("they seem to have changed places"),
    Flaw.LENGTH: _("not 1 to %(most)d characters"),
    Flaw.TOO_MANY: pgettext_lazy("field", "too many"),
    Flaw.TOO_LARGE: _("larger than %(most_kb)d kB"),
    Flaw.NO_JSON: _("no JSON"),
    Flaw.NO_OBJECT: _("no object"),
    Flaw.NO_LIST: _("no list"),
}
LIMITS = {"most": LONGEST_DEVICE, "most_kb": LARGEST_BODY // 1024}


def told_flaw(words: str) -> str:
    """The message of a `BadFix`, which may have been kept since, in the reader's language."""
    field, _colon, flaw = words.rpartition(": ")
    if flaw not in list(Flaw):
        return gettext("no position")
    text = str(FLAWS[Flaw(flaw)]) % LIMITS
    return gettext("%(field)s: %(flaw)s") % {"field": field, "flaw": text} if field else text
