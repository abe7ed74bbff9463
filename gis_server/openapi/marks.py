"""What a view says of itself to other programs, beside who may call it (`edge`).

A mark stands beside the code that reads the same thing; tests/security/test_whole_api.py listens to
what views read, and has a fuzzer try whether they answer as they say.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gis_server.edge import MAX_LIMIT, MAX_OFFSET
from gis_server.openapi.schemas import JSON, Group, Schema, whole

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Said:
    """asks, needs: names in the query, or of places in the address.  sends: what is posted,
    as `sent_as`.  statuses, media: of an answer that succeeds.  failures: media of one that does
    not, where they are told in another way than the house's.
    """

    asks: Group = field(default_factory=dict)
    needs: Group = field(default_factory=dict)
    sends: Schema = field(default_factory=dict)
    sent_as: str = JSON
    statuses: tuple[int, ...] = (200,)
    media: tuple[str, ...] = (JSON,)
    failures: tuple[str, ...] = ()


def said_of(view: Callable[..., Any]) -> Said:
    found: Said = getattr(view, "openapi_said", Said())
    return found


def _say(**more: Any) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.openapi_said = replace(said_of(view), **more)  # type: ignore[attr-defined]
        return view

    return mark


def asks(*groups: Group, **more: Schema) -> Callable[[View], View]:
    """What may stand in the query; what has the name of a place in the address describes that."""
    return _say(asks=_joined(groups, more))


def needs(*groups: Group, **more: Schema) -> Callable[[View], View]:
    """What must stand in the query."""
    return _say(needs=_joined(groups, more))


def sends(schema: Schema, media: str = JSON) -> Callable[[View], View]:
    """What is posted."""
    return _say(sends=schema, sent_as=media)


def answers(
    *statuses: int, media: tuple[str, ...] = (JSON,), failures: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """statuses: of what is posted where a view takes both, 200 unless said.  failures: the media
    of errors that are not told as the house tells them.
    """
    return _say(statuses=statuses or (200,), media=media, failures=failures)


def describes(paths: Group, schemas: Group) -> Callable[[View], View]:
    """Of a view that answers a description by hand: what it says counts in the whole one."""

    def mark(view: View) -> View:
        view.openapi_describes = paths, schemas  # type: ignore[attr-defined]
        return view

    return mark


def _joined(groups: tuple[Group, ...], more: Group) -> Group:
    return {name: schema for group in (*groups, more) for name, schema in group.items()}


def paged(default: int = 100) -> Group:
    """What `edge.parse_page` reads."""
    return {"limit": whole(1, MAX_LIMIT, default), "offset": whole(0, MAX_OFFSET, 0)}
