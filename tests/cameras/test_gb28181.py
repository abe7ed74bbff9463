"""Device ids of GB/T 28181 in their parts."""

import pytest

from cameras.gb28181 import IPC, NVR, NotAnId, parse


def test_an_id_comes_apart() -> None:
    # FIELD: 8 centre + 2 industry + 3 type + 1 network + 6 serial.
    one = parse("14010700001320000001")

    assert (one.centre, one.industry, one.type, one.network, one.serial) == (
        "14010700", "00", IPC, "0", "000001",
    )  # fmt: skip
    assert one.text == "14010700001320000001"
    assert one.division == "140107"


@pytest.mark.parametrize(
    ("text", "division"),
    [
        pytest.param("14000000001180000001", "14", id="province"),
        pytest.param("14010000001180000001", "1401", id="city"),
        pytest.param("14010709001180000001", "14010709", id="below a district"),
        pytest.param("20000000001180000001", "20", id="a province that ends in zero"),
    ],
)
def test_the_centre_names_a_division(text: str, division: str) -> None:
    assert parse(text).division == division
    assert parse(text).type == NVR


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("1401070000132000000", id="19 digits"),
        pytest.param("140107000013200000011", id="21 digits"),
        pytest.param("1401070000132000000x", id="a letter"),
        pytest.param("1401070000132000000\n", id="a line break"),
        pytest.param("１4010700001320000001", id="a wide digit"),
        pytest.param("1.40107E+19000000000", id="spoilt by a spreadsheet"),
        pytest.param("00010700001320000001", id="no such province"),
        pytest.param("99010700001320000001", id="beyond the provinces"),
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(NotAnId):
        parse(text)
