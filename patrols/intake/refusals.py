"""Why a position is not taken."""

from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


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
