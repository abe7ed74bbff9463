"""One fault, one outage: which shared thing explains the cameras that fell together.  Pure.

Cameras fall together because something they share has failed: the pole they stand on, the recorder
or switch they hang on, their part of the network, the power of their owner.  What is shared is
declared in the registry or follows from the address: cameras at one address are channels of one
recorder, those in one /24 share a segment: at one site, for another may use the same addresses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network

FEWEST = 3
"""So many cameras make a group; two may fall together by chance."""
SHARE = 0.6
"""So much of what hangs on a thing must have fallen for the thing to be suspected."""
RE_CHECKS = timedelta(seconds=30)
SHORTEST = timedelta(seconds=60)


def settled(interval_s: float) -> timedelta:
    """What one fault takes down falls within one interval and the two quick questions after it.
    Until then an outage may become part of another, so nobody is told of it.
    """
    return max(SHORTEST, timedelta(seconds=interval_s)) + RE_CHECKS


SETTLED = settled(SHORTEST.total_seconds())


class Kind(StrEnum):
    """What cameras share, the most specific first: its order decides between equals."""

    POLE = "pole"
    RECORDER = "recorder"
    SWITCH = "switch"
    SUBNET = "subnet"
    OWNER = "owner"


RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that cameras share.  site: where its name is an address, which means the same thing
    at one site only; 0 for what the registry declares, which has one name everywhere.
    """

    kind: Kind
    name: str
    site: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """The cameras that one thing explains; `also` would explain the very same ones."""

    thing: Thing
    members: frozenset[int]
    also: tuple[Thing, ...] = ()


def things_of(
    *, site: int, host: str, upstream: tuple[str, str] | None, pole: str, owner: str
) -> tuple[Thing, ...]:
    """All that a camera shares with others.  `upstream`: its kind and name, where one is declared.

    A host that is a name says nothing of the network.
    """
    found = [Thing(Kind.POLE, pole)] if pole else []
    if upstream:
        found.append(Thing(Kind(upstream[0]), upstream[1]))
    if not upstream or upstream[0] != Kind.RECORDER:
        found.append(Thing(Kind.RECORDER, host, site))
    try:
        address = ip_address(host)
    except ValueError:
        pass
    else:
        prefix = 24 if address.version == 4 else 64
        network = ip_network(f"{address}/{prefix}", strict=False)
        found.append(Thing(Kind.SUBNET, str(network), site))
    return (*found, Thing(Kind.OWNER, owner))


def suspects(fallen: Mapping[int, Sequence[Thing]]) -> set[Thing]:
    """The things that enough of the fallen share to ask how many hang on them."""
    return {thing for thing, members in by_thing(fallen, fallen).items() if len(members) >= FEWEST}


def groups(fallen: Mapping[int, Sequence[Thing]], sizes: Mapping[Thing, int]) -> list[Group]:
    """Divide what has fallen among the things that explain it; who is in no group fell alone.

    fallen: camera → what it shares.  sizes: how many cameras hang on a thing in all; a thing that
    is missing here is not suspected.
    """
    left, found = set(fallen), list[Group]()
    while group := best(by_thing(fallen, left), sizes):
        found.append(group)
        left -= group.members
    return found


def best(shared: Mapping[Thing, frozenset[int]], sizes: Mapping[Thing, int]) -> Group | None:
    """The most specific thing that explains the most.

    A broader one is preferred only where it explains so many more that these would be a group of
    their own: else the owner would be suspected of what its switch has done.
    """
    able = {
        thing: members
        for thing, members in shared.items()
        if len(members) >= max(FEWEST, SHARE * sizes.get(thing, len(members) / SHARE + 1))
    }
    chosen: Thing | None = None
    for thing in sorted(able, key=lambda one: (RANK[one.kind], -len(able[one]), one.name)):
        if chosen is None or len(able[thing]) >= len(able[chosen]) + FEWEST:
            chosen = thing
    if chosen is None:
        return None
    same = [one for one in able if one != chosen and able[one] == able[chosen]]
    same.sort(key=lambda one: (RANK[one.kind], one.name))
    return Group(chosen, able[chosen], tuple(same))


def explain(found: Iterable[Group], lost: int) -> bool:
    """Whether these groups explain most of the failures, `lost` of them."""
    return sum(len(group.members) for group in found) >= SHARE * lost


def by_thing(
    fallen: Mapping[int, Sequence[Thing]], among: Iterable[int]
) -> dict[Thing, frozenset[int]]:
    shared = defaultdict[Thing, set[int]](set)
    for camera in among:
        for thing in fallen[camera]:
            shared[thing].add(camera)
    return {thing: frozenset(members) for thing, members in shared.items()}


def has_recovered(*, down: int, ever: int) -> bool:
    """Whether the shared thing works again: of its members so many came back as must fall with it.

    Those still down then have a fault of their own.
    """
    return down <= (1 - SHARE) * ever
