"""Each notice in words: what becomes of the site's cameras while it lasts, and what to do about it.

The one place that says it: the wall, its alarms, the page of sites and that of the system read it
here.  What the poller makes of each stands in `cameras.sight` and `cameras.services.watch`.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cameras.models import Notice

Text = str | Promise


@dataclass(frozen=True, slots=True)
class NoticeText:
    """meanwhile, todo: whole sentences; a todo may name the site."""

    meanwhile: Text
    todo: Text


TEXTS: dict[Notice.Kind, NoticeText] = {
    Notice.Kind.BLIND: NoticeText(
        _("All its cameras are unknown, and no outage is opened."),
        _("Look at the network of the machine that the poller runs on, then at the canaries."),
    ),
    Notice.Kind.MANY_AT_ONCE: NoticeText(
        _("Cameras that fail are unknown first; offline later, and only while canaries answer."),
        _(
            "Nothing that these cameras share explains it, so it may be ours: look at the network"
            " between poller and cameras first."
        ),
    ),
    Notice.Kind.LOSSY_LINE: NoticeText(
        _("Cameras that fail meanwhile are unknown, and no outage is opened for them."),
        _(
            "Canaries miss now one round, now another: look at cables, radio links and switches on"
            " the way, and at how full the line is."
        ),
    ),
    Notice.Kind.NOT_ASKED: NoticeText(
        _("Nothing new is heard of its cameras: they become unknown, and no outage is opened."),
        _(
            "Start a poller on a machine that reaches its networks and the database: bin/manage"
            " poll --site %(site)s"
        ),
    ),
    Notice.Kind.NO_STORE: NoticeText(
        _("No new picture is kept; the states of its cameras hold."),
        _("Look at the disk of the pictures, and who may write to its folder."),
    ),
}


def meanwhile(kind: str) -> str:
    return str(TEXTS[Notice.Kind(kind)].meanwhile)


def todo(kind: str, site: str) -> str:
    return str(TEXTS[Notice.Kind(kind)].todo) % {"site": site}
