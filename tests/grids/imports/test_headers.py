"""Which column is which field: proposed where it is clear, and left open where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.imports.headers import SYNONYMS, guess, normal

FIELDS = {name: SYNONYMS[name] for name in ("code", "name", "address", "lon", "lat", "households")}


def fields(*names: str) -> dict[str, tuple[str, ...]]:
    return {name: SYNONYMS[name] for name in names}


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("网格编码（15位）", "code"),
        ("*网格编码*", "code"),
        ("编 码", "code"),
        ("ＣＯＤＥ", "code"),
        ("Grid_Code", "code"),
        ("名称(必填)", "name"),
        ("楼栋名称", "name"),
        ("详细地址", "address"),
        ("小区详细地址", "address"),
        ("经度（WGS84）", "lon"),
        ("坐标 经度", "lon"),
        ("LNG", "lon"),
        ("POINT_X", "lon"),
        ("纬度°", "lat"),
        ("总户数（户）", "households"),
    ],
)
def test_a_column_is_known_by_its_name(column: str, field: str) -> None:
    assert guess(["备注", column, "OBJECTID_1"], FIELDS) == {field: column}


def test_the_columns_of_a_usual_sheet() -> None:
    sheet = ["序号", "网格编码", "网格名称", "所属社区编码", "网格类型", "启用日期"]

    assert guess(sheet, fields("code", "name", "community_code", "kind", "since")) == {
        "code": "网格编码",
        "name": "网格名称",
        "community_code": "所属社区编码",
        "kind": "网格类型",
        "since": "启用日期",
    }


def test_the_columns_of_a_sheet_of_staff() -> None:
    sheet = ["工号", "姓名", "手机号码", "岗位", "所属网格编码", "任职日期", "离岗日期", "替岗"]
    wanted = ("number", "name", "phone", "role", "grid_code", "since", "until", "stands_in_for")

    assert list(guess(sheet, fields(*wanted)).values()) == sheet


def test_the_very_word_wins_over_a_synonym() -> None:
    assert guess(["编号", "编码", "代码"], fields("code")) == {"code": "编码"}
    assert guess(["Name", "name"], fields("name")) == {"name": "name"}


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        pytest.param(["网格编号", "网格代码"], ("code",), id="two columns for one field"),
        pytest.param(["网格编码"], ("code", "grid_code"), id="one column for two fields"),
        pytest.param(["小区名称甲", "小区名称乙"], ("name",), id="two that contain it"),
        pytest.param(["备注", "说明"], ("code", "name"), id="nothing alike"),
        pytest.param(["latest"], ("lat",), id="a short word inside another"),
    ],
)
def test_what_is_not_clear_is_not_guessed(columns: list[str], wanted: tuple[str, ...]) -> None:
    assert guess(columns, fields(*wanted)) == {}


def test_every_field_of_the_territory_has_words_in_both_languages() -> None:
    assert set(SYNONYMS) == {
        "code", "name", "parent_code", "level", "kind", "lon", "lat", "wkt", "address",
        "households", "units", "floors", "open", "community_code", "grid_code", "number", "phone",
        "role", "since", "until", "stands_in_for", "official", "former_name",
    }  # fmt: skip
    for words in SYNONYMS.values():
        assert any(not word.isascii() for word in words)
        assert any(word.isascii() for word in words)
        assert len(set(words)) == len(words)


@given(st.lists(st.text(max_size=12), unique=True, max_size=15))
def test_no_column_is_given_twice_and_none_is_made_up(columns: list[str]) -> None:
    found = guess(columns, SYNONYMS)

    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= set(columns)


@given(st.permutations(["编码", "名称", "地址", "经度", "纬度", "备注"]))
def test_the_order_of_the_columns_changes_nothing(columns: list[str]) -> None:
    assert guess(columns, FIELDS) == guess(sorted(columns), FIELDS)


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing_more(name: str) -> None:
    assert normal(normal(name)) == normal(name) or normal(name).endswith(("单位", "必填", "选填"))
