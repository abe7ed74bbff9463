"""Who sees an event, who answers for it, and which buttons it has for them.

A leader's level follows from the shortest prefix of their reach that holds the event: at most 6
digits are a district, 9 a street, 12 a community; whoever has no more than a grid leads nothing.
Whoever leads below the event's level only looks on.  A department's members act for it; for a
division act those who handle events and in whose reach it lies, but for members of departments, and
for a community also whoever has the grid in which the event is.
"""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from events.models import (
    ConsultedParty,
    DepartmentMember,
    Event,
    EventStep,
    EventTask,
    Extension,
)
from events.models.units import OPEN_TASK_VALUES
from events.workflow import (
    LEVELS,
    MOVES,
    Action,
    Level,
    Severity,
    Status,
    Task,
    Who,
    above,
    can,
    may_check,
    must_consult,
)
from gis_server.models import User
from gis_server.roles import Permission, Role, covers, may, scope_q

HANDLED = (Action.TAKE.value, Action.FINISH_PART.value, Action.FINISH.value)
COMMUNITY_DIGITS = 12
DIGITS = ((6, Level.DISTRICT), (9, Level.STREET), (COMMUNITY_DIGITS, Level.COMMUNITY))
"""So many digits of a prefix at most are that level; the highest first."""


def own_departments(user: User) -> list[int]:
    """The departments that the user acts for.  One query at most."""
    if not may(user.role, Permission.HANDLE_EVENTS):
        return []
    rows = DepartmentMember.objects.filter(user=user, department__is_active=True)
    return list(rows.order_by("department").values_list("department", flat=True))


def events_seen(user: User) -> QuerySet[Event]:
    """Events in the user's reach, those that they reported, and those that their departments were
    sent or asked about.  One query, and one at once for the departments.
    """
    if not may(user.role, Permission.SEE_EVENTS):
        return Event.objects.none()
    seen = scope_q(user, "scope_code")
    if user.token_reach is None:
        seen |= Q(reporter=user)
        if mine := own_departments(user):
            # Not correlated: PostgreSQL reads each of them once and hashes the ids.
            tasks = EventTask.objects.filter(department__in=mine).order_by()
            asked = ConsultedParty.objects.filter(department__in=mine).order_by()
            seen |= Q(pk__in=tasks.values("event_id"))
            seen |= Q(pk__in=asked.values("consultation__event_id"))
    return Event.objects.filter(seen)


def leads_at(user: User, code: str) -> Level | None:
    """The level at which the user leads what happens in the territory with this code."""
    if not may(user.role, Permission.LEAD_EVENTS):
        return None
    return level_of(min((len(one) for one in user.reach if covers([one], code)), default=0))


def level_of(digits: int) -> Level | None:
    """The level of whose prefix has so many digits; None for 0, and below a community."""
    return next((level for most, level in DIGITS if 0 < digits <= most), None)


def leads(user: User, event: Event) -> bool:
    """Whether the user decides about the event: at its level, or above."""
    level = leads_at(user, event.scope_code)
    return level is not None and LEVELS.index(level) >= LEVELS.index(Level(event.level))


def acts_for(user: User, task: EventTask | ConsultedParty, event: Event, own: list[int]) -> bool:
    """Whether the user may act for the unit; own: see `own_departments`."""
    if task.department_id is not None:
        return task.department_id in own
    if task.division_id is None or not acts_for_divisions(user):
        return False
    is_community = len(task.unit_code) == COMMUNITY_DIGITS
    return covers(user.reach, task.unit_code) or (
        is_community
        and event.scope_code.startswith(task.unit_code)
        and covers(user.reach, event.scope_code)
    )


def acts_for_divisions(user: User) -> bool:
    """A department's handler reaches as far as the department works, and still is not a street."""
    return may(user.role, Permission.HANDLE_EVENTS) and user.role != Role.HANDLER.value


def came_too_late(user: User, event: Event, action: Action) -> bool:
    """Whether somebody who is not among those who may do this now was so a moment ago: their unit
    had a part of it, or they lead and nothing is asked any more.  Two queries at most.
    """
    who = MOVES[action].who
    if who is Who.UNIT:
        parts: QuerySet[EventTask] | QuerySet[ConsultedParty] = event.tasks.all()
    elif who is Who.PARTY:
        parts = ConsultedParty.objects.filter(consultation__event=event)
    else:
        asks = action in (Action.GRANT_TIME, Action.DECLINE_TIME)
        return asks and leads(user, event) and open_extension(event, Status(event.state)) is None
    own = own_departments(user)
    return any(acts_for(user, one, event, own) for one in parts.order_by("id"))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user is to an event.

    tasks: the open ones of units that the user acts for; at_units: how many are open of all units.
    """

    leads: bool
    looks_on: bool
    checks: bool
    reported: bool
    tasks: tuple[EventTask, ...]
    at_units: int
    parties: tuple[ConsultedParty, ...]
    asked: Extension | None

    def holds(self, state: Task) -> bool:
        """Whether one of the user's tasks is in this state."""
        return any(task.state == state for task in self.tasks)


def standing(user: User, event: Event) -> Standing:
    """Five queries at most, fewer where the state leaves nothing to ask."""
    decides = leads(user, event)
    status, own = Status(event.state), own_departments(user)
    tasks = open_tasks(event, status)
    return Standing(
        leads=decides,
        looks_on=leads_at(user, event.scope_code) is not None,
        checks=decides and may_check(user.pk, handlers(event, status)),
        reported=event.reporter_id == user.pk,
        tasks=tuple(one for one in tasks if acts_for(user, one, event, own)),
        at_units=len(tasks),
        parties=tuple(
            one for one in silent_parties(event, status) if acts_for(user, one, event, own)
        ),
        asked=open_extension(event, status),
    )


def handlers(event: Event, status: Status) -> list[int]:
    """Who has ever handled it."""
    if not can(Action.REWORK, status):
        return []
    steps = EventStep.objects.filter(event=event, action__in=HANDLED, user_id__isnull=False)
    found = steps.order_by().values_list("user_id", flat=True).distinct()
    return [user_id for user_id in found if user_id is not None]


def open_tasks(event: Event, status: Status) -> list[EventTask]:
    if not can(Action.TAKE, status):
        return []
    return list(EventTask.objects.filter(event=event, state__in=OPEN_TASK_VALUES).order_by("id"))


def silent_parties(event: Event, status: Status) -> list[ConsultedParty]:
    """Those called to the open consultation that have said nothing yet."""
    if status is not Status.CONSULTING:
        return []
    rows = ConsultedParty.objects.filter(consultation__event=event, said_at=None)
    return list(rows.filter(consultation__decided_at=None).order_by("id"))


def open_extension(event: Event, status: Status) -> Extension | None:
    if not can(Action.ASK_TIME, status):
        return None
    return Extension.objects.filter(event=event, granted=None).first()


def actions_of(user: User, event: Event) -> set[Action]:
    """What this user may do now with an event that they see.  Queries: see `standing`."""
    is_to = standing(user, event)
    return {action for action in MOVES if may_do(action, user, event, is_to)}


def may_do(action: Action, user: User, event: Event, is_to: Standing) -> bool:
    """Whether the state allows it, the user is who the table names, and nothing else hinders."""
    status = Status(event.state)
    return (
        can(action, status) and _is(MOVES[action].who, is_to) and _fits(action, user, event, is_to)
    )


def _is(who: Who, is_to: Standing) -> bool:
    return {
        Who.LEADS: is_to.leads,
        Who.CHECKS: is_to.checks,
        Who.UNIT: bool(is_to.tasks),
        Who.PARTY: bool(is_to.parties),
        Who.REPORTER: is_to.reported,
        Who.CONCERNED: is_to.looks_on or is_to.reported or bool(is_to.tasks or is_to.parties),
        Who.MACHINE: False,
    }[who]


def _fits(action: Action, user: User, event: Event, is_to: Standing) -> bool:
    """What the state and the table do not say.  The only unit left ends the whole; one of several
    its part.
    """
    asked, is_last = is_to.asked, is_to.at_units == 1
    return {
        Action.TAKE: is_to.holds(Task.WAITING),
        Action.FINISH: is_to.holds(Task.TAKEN) and is_last,
        Action.FINISH_PART: is_to.holds(Task.TAKEN) and not is_last,
        Action.HAND_BACK: is_last,
        Action.GIVE_UP_PART: not is_last,
        Action.DISPATCH: not must_consult(Severity(event.severity), event.consulted),
        Action.ESCALATE: above(Level(event.level)) is not None,
        Action.ASK_TIME: asked is None,
        Action.GRANT_TIME: asked is not None and asked.asked_by_id != user.pk,
        Action.DECLINE_TIME: asked is not None and asked.asked_by_id != user.pk,
    }.get(action, True)
