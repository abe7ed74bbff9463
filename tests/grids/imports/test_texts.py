"""Every problem has its sentence, in both languages, with the details that it carries."""

import string

import pytest
from django.utils import translation

from grids.imports.problems import DETAILS, Problem
from grids.imports.texts import TEXTS, sentence


class Noted(dict[str, object]):
    """Details that note which of them a sentence asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = set[str]()

    def __missing__(self, key: str) -> int:
        self.asked.add(key)
        return 7


def asked_by(problem: Problem) -> set[str]:
    noted = Noted()
    _ = str(TEXTS[problem]) % noted
    return noted.asked


def test_every_problem_has_a_sentence() -> None:
    assert set(TEXTS) == set(Problem)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("problem", Problem)
def test_a_sentence_uses_just_the_details_that_its_problem_carries(
    problem: Problem, language: str
) -> None:
    with translation.override(language):
        assert asked_by(problem) == set(DETAILS.get(problem, ()))


@pytest.mark.parametrize("problem", Problem)
def test_a_sentence_is_chinese_in_chinese_and_ends(problem: Problem) -> None:
    details = dict.fromkeys(DETAILS.get(problem, ()), 7)
    with translation.override("en"):
        english = sentence(problem, details)
    with translation.override("zh-hans"):
        chinese = sentence(problem, details)

    assert english.endswith(".")
    assert chinese.endswith("。")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in english)
    assert sum("\u4e00" <= letter <= "\u9fff" for letter in chinese) >= 8
    assert chinese != english


def test_no_two_problems_have_one_sentence() -> None:
    with translation.override("en"):
        assert len({str(text) for text in TEXTS.values()}) == len(Problem)


def test_words_for_shapes_are_translated_too() -> None:
    with translation.override("zh-hans"):
        text = sentence(Problem.WRONG_SHAPE, {"found": "polygon", "wanted": "point"})

    assert not any(letter in string.ascii_letters for letter in text)
