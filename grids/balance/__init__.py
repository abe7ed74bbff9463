"""Proposals of borders inside one community, as operations of a plan.  Pure;
docs/design/proposals.md.

offered = offer(plan, community, homes, streets, Wishes(floor=300, cap=500), codes=..., tell=...)
offered.alternatives[0].operations
"""

from grids.balance.blocks import Home
from grids.balance.counts import Wishes
from grids.balance.offer import Alternative, Figures, Offer, offer
from grids.balance.reasons import NothingToBalance, Reason, Why
from grids.balance.search import Aim

__all__ = [
    "Aim",
    "Alternative",
    "Figures",
    "Home",
    "NothingToBalance",
    "Offer",
    "Reason",
    "Why",
    "Wishes",
    "offer",
]
