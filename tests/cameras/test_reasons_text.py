"""Every reason has its words."""

from cameras.probe.reason import Reason
from cameras.reasons_text import TEXTS


def test_every_reason_has_a_name_a_cause_and_a_remedy() -> None:
    assert set(TEXTS) == set(Reason)
    assert all(str(text.name) and str(text.cause) and str(text.remedy) for text in TEXTS.values())


def test_no_two_reasons_have_the_same_name() -> None:
    assert len({str(text.name) for text in TEXTS.values()}) == len(Reason)


def test_every_reason_fits_its_column() -> None:
    assert max(len(reason.value) for reason in Reason) <= 20
