"""Making and changing checkpoints: by whoever plans duties in the post's territory itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from gis_server.roles import within_q
from patrols.models import Checkpoint, Post

SECRET_BYTES = 15
"""As 20 letters and digits: nobody guesses it, and a code stays coarse enough to be read."""
MOST_PER_POST = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a checkpoint is to be; see `models.Checkpoint`."""

    name: str
    point: Point
    radius_m: int
    dwell_s: int
    is_active: bool = True


def posts_planned(user: User) -> QuerySet[Post]:
    """Posts whose checkpoints the user may change: what is lent is no ground to plan for others."""
    return Post.objects.filter(within_q(user.scope, "scope_code"))


def checkpoints_planned(user: User) -> QuerySet[Checkpoint]:
    return Checkpoint.objects.filter(within_q(user.scope, "post__scope_code"))


def make(*, by: User, post_id: int, wanted: Wanted, now: datetime) -> Checkpoint:
    """Raises Invalid: no such post, too many at it, or one of that name."""
    post = posts_planned(by).filter(pk=post_id, is_active=True).first()
    if post is None:
        raise Invalid(_("There is no such post in your area."))
    if Checkpoint.objects.filter(post=post).count() >= MOST_PER_POST:
        raise Invalid(_("A post has at most %(most)d checkpoints.") % {"most": MOST_PER_POST})
    try:
        with transaction.atomic():
            row = Checkpoint.objects.create(
                post=post, secret=new_secret(), rotated_at=now, **columns_of(wanted)
            )
            note(by, row, action="checkpoint.added")
    except IntegrityError:
        raise Invalid(name_taken()) from None
    return row


def change(*, by: User, checkpoint_id: int, seen: int, wanted: Wanted) -> Checkpoint:
    """seen: the version that the page showed.

    Raises:
        NotFound, Conflict: see `planned`.
        Invalid: the post has another one of that name.
    """
    row = planned(by, checkpoint_id, seen)
    values = columns_of(wanted) | {"version": seen + 1}
    try:
        with transaction.atomic():
            if Checkpoint.objects.filter(pk=row.pk, version=seen).update(**values) != 1:
                raise changed()
            row.refresh_from_db()
            note(by, row, action="checkpoint.changed")
    except IntegrityError:
        raise Invalid(name_taken()) from None
    return row


@transaction.atomic
def rotate(*, by: User, checkpoint_id: int, seen: int, now: datetime) -> Checkpoint:
    """A new secret: the sheets that hang there count no more.  Raises: see `planned`."""
    row = planned(by, checkpoint_id, seen)
    values = {"secret": new_secret(), "rotated_at": now, "version": seen + 1}
    if Checkpoint.objects.filter(pk=row.pk, version=seen).update(**values) != 1:
        raise changed()
    row.refresh_from_db()
    note(by, row, action="checkpoint.rotated")
    return row


def point_for(user: User, checkpoint_id: int) -> Checkpoint:
    """With its post.  Raises NotFound: there is no such checkpoint where the user plans."""
    rows = checkpoints_planned(user).select_related("post")
    row = rows.filter(pk=checkpoint_id).first()
    if row is None:
        raise NotFound(_("There is no such checkpoint in your area."))
    return row


def planned(by: User, checkpoint_id: int, seen: int) -> Checkpoint:
    """Raises NotFound, as `point_for`, and Conflict: it was changed since the page was opened."""
    row = point_for(by, checkpoint_id)
    if row.version != seen:
        raise changed()
    return row


def changed() -> Conflict:
    return Conflict(_("Somebody else has changed this checkpoint meanwhile: look at it anew."))


def name_taken() -> str:
    return _("This post has a checkpoint of that name already.")


def columns_of(wanted: Wanted) -> dict[str, object]:
    names = ("name", "point", "radius_m", "dwell_s", "is_active")
    return {name: getattr(wanted, name) for name in names}


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def note(by: User, row: Checkpoint, *, action: str) -> None:
    detail = {"name": row.name, "is_active": row.is_active}
    audit.note(by=by, action=action, subject=str(row.pk), scope=row.post.scope_code, detail=detail)
