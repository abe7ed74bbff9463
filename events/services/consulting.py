"""难事会商解决: several parties are asked, each says something, one decides.

Raises, all verbs: see `steps.ready`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Consultation, ConsultedParty, Event
from events.rights import acts_for, own_departments, silent_parties
from events.services.steps import check_note, move, passed, ready
from events.units import chosen_units, names_of
from events.workflow import Action, Status
from gis_server.errors import Conflict, Invalid
from gis_server.models import User

FEWEST_PARTIES = 2


@transaction.atomic
def consult(
    *, by: User, event_id: int, units: Sequence[str], seen: int = 0, note: str, now: datetime
) -> Event:
    """Call units together over a question.

    Raises:
        Invalid: fewer than two units, or see `units.chosen_units`.
    """
    event = ready(by, event_id, Action.CONSULT, seen)
    if len(units) < FEWEST_PARTIES:
        raise Invalid(_("Call at least two units together."))
    chosen = chosen_units(event, units)
    called = Consultation.objects.create(
        event=event, called_at=now, called_by=by, question=check_note(note, needed=True)
    )
    ConsultedParty.objects.bulk_create(
        [ConsultedParty(consultation=called, **unit.columns) for unit in chosen]
    )
    detail = {"units": [unit.key for unit in chosen]}
    told = names_of(chosen)
    return move(event, Action.CONSULT, by=by, now=now, unit=told, note=note, detail=detail)


@transaction.atomic
def opine(*, by: User, event_id: int, party_id: int = 0, note: str, now: datetime) -> Event:
    """Say what one's unit thinks, once; party_id 0: for the first of one's units that has not.

    Raises:
        Conflict: it has spoken, or the consultation is over.
    """
    event = ready(by, event_id, Action.OPINE)
    own, text = own_departments(by), check_note(note, needed=True)
    waiting = silent_parties(event, Status(event.state))
    mine = [one for one in waiting if acts_for(by, one, event, own)]
    party = next((one for one in mine if party_id in (0, one.pk)), None)
    if party is None:
        raise Conflict(_("Your unit has spoken already, or is not asked."))
    said = ConsultedParty.objects.filter(pk=party.pk, said_at=None)
    if said.update(opinion=text, said_at=now, said_by=by, said_who=by.get_full_name()) != 1:
        raise passed(event)
    return move(event, Action.OPINE, by=by, now=now, unit=party.unit_name, note=text)


@transaction.atomic
def decide(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Enter what the consultation has decided; the event can be dispatched from now on."""
    event = ready(by, event_id, Action.DECIDE, seen)
    text = check_note(note, needed=True)
    waiting = Consultation.objects.filter(event=event, decided_at=None)
    if waiting.update(decided_at=now, decided_by=by, decision=text) != 1:
        raise passed(event)
    values = {"consulted": event.consulted + 1}
    return move(event, Action.DECIDE, by=by, now=now, values=values, note=text)
