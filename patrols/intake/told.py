"""What a batch is answered."""

from typing import Any

from patrols.intake.batch import Batch
from patrols.intake.refusals import WORDS, Refusal
from patrols.intake.taking import Taken


def told_batch(sent: Batch, taken: Taken) -> dict[str, Any]:
    """Refused fixes by their index in what was sent."""
    refused: list[dict[str, Any]] = [
        {"index": int(sent.places[place]), "reason": WORDS[Refusal(int(taken.reasons[place]))]}
        for place in taken.reasons.nonzero()[0]
    ]
    refused += [
        {"index": place, "reason": WORDS[Refusal.UNREADABLE], "message": why}
        for place, why in sent.unreadable.items()
    ]
    refused.sort(key=lambda one: one["index"])
    return {"kept": taken.kept, "repeated": taken.repeated, "refused": refused}
