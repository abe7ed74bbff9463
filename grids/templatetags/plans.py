"""How pages of plans write areas, differences and places."""

from collections.abc import Sequence

from django import template

register = template.Library()


@register.filter
def metres(value: float | None) -> str:
    """A whole number with its thousands set apart: 12,345."""
    return f"{round(value or 0):,}"


@register.filter
def signed(value: float, decimals: int = 0) -> str:
    """A difference with its sign: +1,200, −30; 0 where it rounds to nothing."""
    rounded = round(value, decimals)
    if not rounded:
        return "0"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):,.{decimals}f}"


@register.filter
def box(bounds: Sequence[float] | None) -> str:
    """West, south, east and north for a script."""
    return ",".join(f"{side:.7f}" for side in bounds or [])


@register.filter
def unlocalized(degrees: float) -> str:
    """A coordinate as scripts read it, in every language."""
    return f"{degrees:.7f}"
