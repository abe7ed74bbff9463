"""What a proposal says, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from grids.balance import Aim, NothingToBalance, Why
from grids.plans.texts import listed

AIMS: dict[Aim, str | Promise] = {
    Aim.FEWEST: pgettext_lazy("proposal", "Fewest changes"),
    Aim.BALANCED: pgettext_lazy("proposal", "Most even"),
    Aim.COMPACT: pgettext_lazy("proposal", "Compact, along streets"),
}
# amount: "420 households", or "a load of 420".
WHYS: dict[Why, str | Promise] = {
    Why.TOO_FEW: gettext_lazy(
        "No solution exists: between barriers and locked grids there is only %(amount)s, less than"
        " the floor of one grid."
    ),
    Why.NO_COUNT_FITS: gettext_lazy(
        "No solution exists: %(amount)s cannot be shared out so that every grid keeps to floor and"
        " cap."
    ),
    Why.LARGE_BLOCK: gettext_lazy(
        "No solution exists: one block that cannot be divided has %(amount)s."
    ),
    Why.LOCKED_OUTSIDE: gettext_lazy(
        "%(codes)s is locked and has %(amount)s: below the floor or above the cap."
    ),
    Why.LOCKED_CROSSES: gettext_lazy("%(codes)s is locked and lies on both sides of a barrier."),
    Why.CROSSES: gettext_lazy(
        "%(codes)s keeps a piece with %(amount)s beyond a barrier: no grid there can take it."
    ),
    Why.OUTSIDE: gettext_lazy("%(codes)s would have %(amount)s: below the floor or above the cap."),
    Why.UNEVEN: gettext_lazy(
        "%(codes)s would have %(amount)s: further from the mean than you wish."
    ),
    Why.NOT_DRAWN: gettext_lazy("%(codes)s: a border could not be drawn as it was found."),
}
NOTHING: dict[NothingToBalance.Flaw, str | Promise] = {
    NothingToBalance.Flaw.NO_GRIDS: gettext_lazy(
        "This community has no grids in the plan's territory: choose another one."
    ),
    NothingToBalance.Flaw.NO_HOUSEHOLDS: gettext_lazy(
        "No households are known in this community: enter or import its buildings first."
    ),
    NothingToBalance.Flaw.ALL_LOCKED: gettext_lazy(
        "Every grid of the community is locked: unlock those that may change."
    ),
    NothingToBalance.Flaw.STRANGE_LOCK: gettext_lazy(
        "These locked grids are none of the community's: %(codes)s"
    ),
}
PROBLEMS: dict[str, str | Promise] = {
    "no_queue": gettext_lazy(
        "The job queue does not answer: try again later, and tell the administrator if this stays."
    ),
    "broke_off": gettext_lazy("The work broke off: ask for the proposal again."),
    "moved_on": gettext_lazy(
        "The plan or its territory has changed meanwhile: load the map anew and ask again."
    ),
}


def aim_text(aim: str) -> str:
    return str(AIMS[Aim(aim)])


def nothing_text(error: NothingToBalance) -> str:
    return str(NOTHING[error.flaw]) % {"codes": listed(error.grids)}


def reason_text(reason: Mapping[str, Any], *, by_load: bool) -> str:
    """One reason as `work.told` keeps it."""
    count = reason["households"]
    several = ngettext("%(count)d household", "%(count)d households", count)
    amount = (_("a load of %(count)d") if by_load else several) % {"count": count}
    values = {"codes": listed(reason["grids"]), "amount": amount}
    return str(WHYS[Why[reason["why"].upper()]]) % values


def summary_text(alternative: Mapping[str, Any]) -> str:
    """Whether it fits, in one sentence."""
    whys = [Why[reason["why"].upper()] for reason in alternative["reasons"]]
    if not whys:
        kept = _("Keeps to floor, cap and difference.")
        return kept if alternative["operations"] else _("Nothing needs to change.")
    if any(why.rules_out for why in whys):
        return _("No solution exists for these wishes; this comes nearest.")
    return _("No solution was found for these wishes; this comes nearest.")
