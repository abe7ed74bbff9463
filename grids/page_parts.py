"""Parts of territory pages that other apps fill: cameras now, events once there are any.

An app that knows of things in the territory offers a function in its `AppConfig.ready`; the pages
here ask all that the user's role may see.  What nobody offers is not shown.  Why it is so stands
in docs/design/territory-pages.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gis_server.models import User
from gis_server.roles import Permission, may


@dataclass(frozen=True)
class PartRow:
    """One thing in the territory; `badge` is good, warn, bad or off, `state` says it in words."""

    name: str
    url: str
    state: str
    badge: str
    detail: str = ""
    point: tuple[float, float] | None = None


@dataclass(frozen=True)
class Part:
    """What an app knows below a prefix: some rows, how many there are, and where all are."""

    title: str
    total: int
    summary: str
    rows: list[PartRow]
    url: str = ""


Fill = Callable[[User, str, int], Part | None]
"""(user, prefix of codes, most rows) → the part, or None where there is nothing to say.  Cuts to
the user's reach, and costs a fixed number of queries."""

_OFFERED: dict[str, tuple[Permission, Fill]] = {}


def offer(name: str, permission: Permission, fill: Fill) -> None:
    """Have pages show a part to those whose role holds the permission, in order of names."""
    _OFFERED[name] = (permission, fill)


def parts(user: User, prefix: str, limit: int) -> list[Part]:
    """All parts that there are for a user below a prefix."""
    filled = [
        fill(user, prefix, limit)
        for _name, (permission, fill) in sorted(_OFFERED.items())
        if may(user.role, permission)
    ]
    return [part for part in filled if part is not None]
