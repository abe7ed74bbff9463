"""The steps of a drawn plan in words."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids import plan
from grids.plans.texts import listed

Names = Mapping[str, str]
"""Names of grids by key; a grid without one goes by its key."""


def operation_text(operation: plan.Operation, names: Names) -> str:
    """What an operation does, for lists of steps and for the buttons that undo and redo it."""
    return TEXTS[type(operation)](operation, names)


def _all(keys: Iterable[str], names: Names) -> str:
    return listed([names.get(key, key) for key in keys])


def _split(do: plan.Split, names: Names) -> str:
    rule = _("Split %(grid)s: %(new)s is new")
    return rule % {"grid": names.get(do.grid, do.grid), "new": do.name}


def _merge(do: plan.Merge, names: Names) -> str:
    others = [key for key in do.grids if key != do.into]
    rule = _("Merge %(grids)s into %(into)s")
    return rule % {"grids": _all(others, names), "into": names.get(do.into, do.into)}


def _reshape(do: plan.Reshape, names: Names) -> str:
    rule = _("Redraw the border of %(grid)s and %(other)s")
    return rule % {"grid": names.get(do.grid, do.grid), "other": names.get(do.other, do.other)}


def _hand_over(do: plan.HandOver, names: Names) -> str:
    rule = _("Hand a piece of %(grid)s over to %(into)s")
    return rule % {"grid": names.get(do.grid, do.grid), "into": names.get(do.into, do.into)}


def _move(do: plan.Move, _names: Names) -> str:
    rule = ngettext("Move a point of a border", "Move %(count)d points of a border", len(do.moves))
    return rule % {"count": len(do.moves)}


def _add(do: plan.Add, names: Names) -> str:
    rule = _("Add %(new)s on ground of %(grid)s")
    return rule % {"new": do.name, "grid": names.get(do.grid, do.grid)}


def _retire(do: plan.Retire, names: Names) -> str:
    rule = _("End %(grid)s; its ground goes to %(into)s")
    return rule % {"grid": names.get(do.grid, do.grid), "into": names.get(do.into, do.into)}


def _renumber(do: plan.Renumber, _names: Names) -> str:
    rule = ngettext("Renumber a grid", "Renumber %(count)d grids", len(do.codes))
    return rule % {"count": len(do.codes)}


def _rename(do: plan.Rename, _names: Names) -> str:
    # By its code: its name is another one before each such step.
    return _("Name %(code)s “%(name)s”") % {"code": do.grid, "name": do.name}


def _assign(do: plan.Assign, names: Names) -> str:
    return _("Assign people to %(grid)s") % {"grid": names.get(do.grid, do.grid)}


def _redraw(do: plan.Redraw, _names: Names) -> str:
    count = len(do.drawn) + len(do.ended)
    rule = ngettext(
        "%(source)s: a grid drawn at once", "%(source)s: %(count)d grids drawn at once", count
    )
    return rule % {"source": do.source, "count": count}


TEXTS: dict[type[Any], Callable[[Any, Names], str]] = {
    plan.Split: _split,
    plan.Merge: _merge,
    plan.Reshape: _reshape,
    plan.HandOver: _hand_over,
    plan.Move: _move,
    plan.Add: _add,
    plan.Retire: _retire,
    plan.Renumber: _renumber,
    plan.Rename: _rename,
    plan.Assign: _assign,
    plan.Redraw: _redraw,
}
