"""What is read of errands; every function costs a fixed number of queries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import pgettext_lazy

from gis_server.edge import Page
from gis_server.models import User
from gis_server.navigation import links
from gis_server.roles import scope_q
from patrols.errands.workflow import MOVES, OPEN_STATES, Action, State, Who, actions
from patrols.models import AboutKind, Errand, ErrandState, Member

OPEN_VALUES = sorted(state.value for state in OPEN_STATES)
BADGES = {
    State.SENT: "warn",
    State.SEEN: "warn",
    State.ACCEPTED: "good",
    State.DECLINED: "bad",
    State.DONE: "off",
    State.WITHDRAWN: "off",
}
BUTTONS = {
    Action.ACCEPT: pgettext_lazy("errand", "I am going"),
    Action.DECLINE: pgettext_lazy("errand", "I cannot"),
    Action.DONE: pgettext_lazy("errand", "Done"),
    Action.WITHDRAW: pgettext_lazy("errand", "Withdraw"),
}
MOST_ON_PHONE = 30
SHOWN_AFTER = timedelta(hours=12)
"""So long after it was sent one that is over is still shown on the phone."""


def errands_seen(user: User) -> QuerySet[Errand]:
    """Those of duties at posts in the user's reach."""
    return Errand.objects.filter(scope_q(user, "scope_code"))


def listed(user: User, state: str, page: Page) -> tuple[Sequence[Errand], int]:
    """One piece of the errands in reach, the newest first, and how many.  Two queries.

    state: a state's value, "open" for those that are not over, empty for all.
    """
    rows = errands_seen(user)
    if state == "open":
        rows = rows.filter(state__in=OPEN_VALUES)
    elif state:
        rows = rows.filter(state=state)
    found = rows.select_related("member", "duty__post")
    return list(found[page.offset : page.offset + page.limit]), rows.count()


def of_member(member: Member, now: datetime) -> list[Errand]:
    """What a person's phone shows: open ones, and those that were over lately.  One query."""
    shown = Q(state__in=OPEN_VALUES) | Q(sent_at__gt=now - SHOWN_AFTER)
    return list(Errand.objects.filter(shown, member=member)[:MOST_ON_PHONE])


def phone_item(errand: Errand) -> dict[str, Any]:
    """An errand as its person's phone shows it."""
    state = State(errand.state)
    leads_to = links(errand.point.y, errand.point.x, errand.place or errand.message)
    return {
        "id": errand.pk,
        "message": errand.message,
        "place": errand.place,
        "about_kind": errand.about_kind,
        "about_text": str(AboutKind(errand.about_kind).label),
        "lon": errand.point.x,
        "lat": errand.point.y,
        "links": {"amap": leads_to.amap, "baidu": leads_to.baidu, "system": leads_to.system},
        "sender": errand.sender_name,
        "sent_at": errand.sent_at.isoformat(),
        "state": errand.state,
        "state_text": str(ErrandState(errand.state).label),
        "badge": BADGES[state],
        "is_open": state in OPEN_STATES,
        "answer": errand.answer,
        "actions": [
            {"verb": one.value, "name": str(BUTTONS[one]), "needs_note": MOVES[one].needs_note}
            for one in actions(state, Who.MEMBER)
        ],
    }


def item(errand: Errand) -> dict[str, Any]:
    """An errand as the wall and other programs read it; member, duty and post are read already."""
    return {
        "id": errand.pk,
        "client_id": str(errand.client_id),
        "duty": errand.duty_id,
        "member": errand.member.name,
        "post": errand.duty.post.name,
        "lon": errand.point.x,
        "lat": errand.point.y,
        "place": errand.place,
        "about_kind": errand.about_kind,
        "about": errand.about,
        "message": errand.message,
        "state": errand.state,
        "state_text": str(ErrandState(errand.state).label),
        "answer": errand.answer,
        "sender": errand.sender_name,
    } | {name: text_of(getattr(errand, name)) for name in TIMES}


TIMES = ("sent_at", "seen_at", "answered_at", "done_at", "withdrawn_at")


def text_of(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
