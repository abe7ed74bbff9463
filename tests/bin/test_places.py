"""The state folder: made where it is missing, refused where it is not ours."""

import os
import socket
from pathlib import Path

import pytest

from bin.steps.journal import Failed
from bin.steps.places import check_space, open_places, take_lock
from tests.bin.conftest import another_user

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def home(open_folder: Path) -> Path:
    """Where state goes instead of /var/lib: a short path, or sockets would go elsewhere."""
    return open_folder


@pytest.fixture
def checkout(home: Path) -> Path:
    folder = home / "checkout"
    folder.mkdir()
    return folder


def test_opening_twice_is_the_same_place(checkout: Path, home: Path) -> None:
    first = open_places(checkout, state_home=home)
    (first.media / "kept").write_text("x")

    second = open_places(checkout, state_home=home)

    assert first == second
    assert (second.media / "kept").exists()
    assert second.secrets.stat().st_mode & 0o777 == 0o700


@as_root
def test_for_root_var_is_a_link_out_of_the_checkout(checkout: Path, home: Path) -> None:
    places = open_places(checkout, state_home=home)

    assert (checkout / "var").is_symlink()
    assert places.var.parent == home.resolve()


@as_root
def test_a_link_whose_folder_was_removed_is_filled_again(checkout: Path, home: Path) -> None:
    (checkout / "var").symlink_to(home / "gone")

    assert open_places(checkout, state_home=home).var == home / "gone"


@as_root
def test_a_folder_where_root_needs_a_link_is_refused(checkout: Path, home: Path) -> None:
    (checkout / "var").mkdir()

    with pytest.raises(Failed, match=r"must be a link .*mv var var\.old"):
        open_places(checkout, state_home=home)


@as_root
def test_a_var_of_another_user_is_refused(checkout: Path, home: Path) -> None:
    places = open_places(checkout, state_home=home)
    os.chown(places.var, another_user(), -1)

    with pytest.raises(Failed, match=r"var/ belongs to \w+: run this as \w+"):
        open_places(checkout, state_home=home)


@pytest.mark.parametrize(
    ("stamp", "sentence"),
    [
        pytest.param("0\n", "number 0", id="an older layout"),
        pytest.param("99\n", "number 99", id="a newer layout"),
        pytest.param("", "number ", id="an empty stamp"),
        pytest.param(None, "without a number", id="data without a stamp"),
    ],
)
def test_a_var_of_another_version_is_refused_and_left_alone(
    checkout: Path, home: Path, stamp: str | None, sentence: str
) -> None:
    var = open_places(checkout, state_home=home).var
    (var / "pg").mkdir()
    (var / "VERSION").unlink()
    if stamp is not None:
        (var / "VERSION").write_text(stamp)

    with pytest.raises(Failed, match=rf"another version \({sentence}.*move it away"):
        open_places(checkout, state_home=home)

    assert (var / "pg").is_dir()


def test_a_deep_checkout_keeps_its_sockets_on_a_short_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()

    places = open_places(deep, state_home=deep)
    path = places.sockets / "pg-test" / ".s.PGSQL.5432.lock"

    with socket.socket(socket.AF_UNIX) as listener:
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
    path.unlink()
    path.parent.rmdir()
    places.sockets.rmdir()


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    check_space(tmp_path, 1, "nothing")

    with pytest.raises(Failed, match=r"only [\d,]+ MB are free .* needs 1,000,000,000"):
        check_space(tmp_path, 10**9, "the moon")


def test_the_second_of_two_at_once_is_told_so(checkout: Path, home: Path) -> None:
    places = open_places(checkout, state_home=home)

    with take_lock(places, "up", "") as _, pytest.raises(Failed, match="it already runs"):
        take_lock(places, "up", "it already runs")

    take_lock(places, "up", "the first has ended, so this is not said").close()
