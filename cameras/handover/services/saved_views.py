"""Ways to look at the offline list that a user keeps for themselves."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cameras.handover.line import Filters
from cameras.handover.models import MOST_VIEWS, SavedView
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User


@transaction.atomic
def save_view(*, user: User, name: str, filters: Filters) -> SavedView:
    """A new view under this name, or another one in its place.

    Raises:
        Invalid: no name.
        Conflict: the user has as many as they may, or was faster in another window.
    """
    if not name:
        raise Invalid(_("Give the view a name."))
    # The user's row is locked, so that two windows cannot pass the limit together.
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    mine = SavedView.objects.filter(user=user)
    if mine.filter(name=name).update(filters=filters.stored()):
        return mine.get(name=name)
    if mine.count() >= MOST_VIEWS:
        message = _("You have %(most)d views already. Remove one first.")
        raise Conflict(message % {"most": MOST_VIEWS})
    try:
        return SavedView.objects.create(user=user, name=name, filters=filters.stored())
    except IntegrityError:
        raise Conflict(_("You have a view of this name already.")) from None


@transaction.atomic
def choose_default(*, user: User, view_id: int, wanted: bool) -> SavedView:
    """What the user sees when they come to the list; none where it is not wanted.

    Raises:
        NotFound: no such view of theirs.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    view = _mine(user, view_id)
    SavedView.objects.filter(user=user, is_default=True).update(is_default=False)
    if wanted:
        SavedView.objects.filter(pk=view.pk).update(is_default=True)
    return view


def remove_view(*, user: User, view_id: int) -> None:
    """
    Raises:
        NotFound: no such view of theirs.
    """
    _mine(user, view_id).delete()


def _mine(user: User, view_id: int) -> SavedView:
    view = SavedView.objects.filter(user=user, pk=view_id).first()
    if view is None:
        raise NotFound(_("You have no such view (any more)."))
    return view
