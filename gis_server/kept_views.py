"""Ways to look at a list that users keep for themselves, for whichever list.

A list has a model of its own with the columns user, name, filters (`kept_filters`) and is_default.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User

MOST_VIEWS = 20
LONGEST_NAME = 40

View = TypeVar("View", bound=models.Model)


@transaction.atomic
def save_view(kind: type[View], *, user: User, name: str, filters: Mapping[str, Any]) -> View:
    """A new view under this name, or another one in its place.

    Raises:
        Invalid: no name.
        Conflict: the user has as many as they may, or was faster in another window.
    """
    if not name:
        raise Invalid(_("Give the view a name."))
    # The user's row is locked, so that two windows cannot pass the limit together.
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    mine = _views(kind).filter(user=user)
    if mine.filter(name=name).update(filters=dict(filters)):
        return mine.get(name=name)
    if mine.count() >= MOST_VIEWS:
        message = _("You have %(most)d views already. Remove one first.")
        raise Conflict(message % {"most": MOST_VIEWS})
    try:
        return _views(kind).create(user=user, name=name, filters=dict(filters))
    except IntegrityError:
        raise Conflict(_("You have a view of this name already.")) from None


@transaction.atomic
def choose_default(kind: type[View], *, user: User, view_id: int, wanted: bool) -> View:
    """What the user sees when they come to the list; none where it is not wanted.

    Raises:
        NotFound: no such view of theirs.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    view = _mine(kind, user, view_id)
    _views(kind).filter(user=user, is_default=True).update(is_default=False)
    if wanted:
        _views(kind).filter(pk=view.pk).update(is_default=True)
    return view


def remove_view(kind: type[View], *, user: User, view_id: int) -> None:
    """
    Raises:
        NotFound: no such view of theirs.
    """
    _mine(kind, user, view_id).delete()


def _mine(kind: type[View], user: User, view_id: int) -> View:
    view = _views(kind).filter(user=user, pk=view_id).first()
    if view is None:
        raise NotFound(_("You have no such view (any more)."))
    return view


def _views(kind: type[View]) -> "models.Manager[View]":
    return kind._default_manager
