"""Faults and refusals as sentences, with the place in the file that they are about."""

from django.utils.translation import gettext as _

from grids.imports.problems import Problem
from grids.imports.texts import sentence
from grids.models import ImportFault, ImportRun


def said_of_fault(fault: ImportFault) -> str:
    """The sentence of a fault, after its row and column where it has them."""
    text = sentence(Problem(fault.problem), fault.details)
    if fault.row is None:
        return text
    place = {"row": fault.row, "column": fault.column, "text": text}
    if fault.column:
        return _("Row %(row)d, %(column)s: %(text)s") % place
    return _("Row %(row)d: %(text)s") % place


def said_of_run(run: ImportRun) -> str:
    """Why a run was refused or set back; empty when it was not."""
    return sentence(Problem(run.problem), run.details) if run.problem else ""
