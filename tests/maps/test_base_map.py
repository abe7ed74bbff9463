"""Somebody else's map under ours: in register, within limits, its key kept here."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.test import Client
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from gis_server.frames import Frame, from_wgs84
from gis_server.geo import mercator_of_degrees
from maps.base import drawing, origin, register
from maps.base.register import SIDE_PX
from maps.checks import check_base_map
from maps.tiles import HALF_WORLD_M, Tile, tiles_over
from tests.conftest import SignIn

KEY = "a-key-that-nobody-may-see"
# Places of the model district and of others, WGS84.
CONTROL = [
    (112.5624, 37.8735),
    (112.60, 37.90),
    (116.3913, 39.9075),
    (121.4903, 31.2416),
    (87.6, 43.8),
]


def their_pixel(lon: float, lat: float, z: int) -> tuple[float, float]:
    """Where a place lies in a map in GCJ-02: pixels of the whole map."""
    x, y = mercator_of_degrees(*from_wgs84([lon], [lat], Frame.GCJ02))
    per_m = (SIDE_PX << z) / (2 * HALF_WORLD_M)
    return float((x[0] + HALF_WORLD_M) * per_m), float((HALF_WORLD_M - y[0]) * per_m)


def our_pixel(lon: float, lat: float, z: int) -> tuple[float, float]:
    x, y = mercator_of_degrees([lon], [lat])
    per_m = (SIDE_PX << z) / (2 * HALF_WORLD_M)
    return float((x[0] + HALF_WORLD_M) * per_m), float((HALF_WORLD_M - y[0]) * per_m)


def dotted(at: tuple[float, float], tile: Tile) -> Any:
    """Their tile, with a soft white dot of known middle at `at`."""
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX] + 0.5
    away = (columns + tile.x * SIDE_PX - at[0]) ** 2 + (rows + tile.y * SIDE_PX - at[1]) ** 2
    light = np.clip(255 * np.exp(-away / 18.0), 0, 255).astype(np.uint8)
    return np.dstack([light, light, light, np.full_like(light, 255)])


@pytest.mark.parametrize("z", [12, 15, 17, 18])
@pytest.mark.parametrize(("lon", "lat"), CONTROL)
def test_a_control_point_lies_where_it_is_to_less_than_a_pixel(
    lon: float, lat: float, z: int
) -> None:
    there, here = their_pixel(lon, lat, z), our_pixel(lon, lat, z)
    assert np.hypot(there[0] - here[0], there[1] - here[1]) > 5
    tile = Tile(z, int(here[0] // SIDE_PX), int(here[1] // SIDE_PX))
    drawn = register.in_register(tile, lambda one: dotted(there, one))
    assert drawn is not None

    light = drawn[:, :, 0].astype(float)
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX] + 0.5
    found = [
        (light * axis).sum() / light.sum() + corner * SIDE_PX
        for axis, corner in ((columns, tile.x), (rows, tile.y))
    ]
    inside = all(12 < at % SIDE_PX < SIDE_PX - 12 for at in here)
    if inside:
        assert np.hypot(found[0] - here[0], found[1] - here[1]) < 1
    # At the tile's edge part of the dot is cut off: the formula itself is asked.
    x, y = register.whence(tile)
    row, column = (int(here[1] % SIDE_PX), int(here[0] % SIDE_PX))
    part = np.hypot(
        x[row, column] - there[0] - (column + 0.5 - here[0] % SIDE_PX),
        y[row, column] - there[1] - (row + 0.5 - here[1] % SIDE_PX),
    )
    assert part < 0.5


def test_a_tile_they_do_not_have_is_none() -> None:
    assert register.in_register(Tile(17, 106_000, 50_000), lambda _tile: None) is None


def test_neighbours_meet_without_a_seam() -> None:
    x, y = register.whence(Tile(17, 106_000, 50_000))
    beside, _ = register.whence(Tile(17, 106_001, 50_000))

    assert beside[0, 0] - x[0, -1] == pytest.approx(1, abs=0.01)
    assert (np.diff(x, axis=1) > 0.9).all()
    assert (np.diff(y, axis=0) > 0.9).all()


def picture() -> bytes:
    return bytes(cv2.imencode(".png", np.full((SIDE_PX, SIDE_PX, 3), 90, np.uint8))[1])


class Theirs(ThreadingHTTPServer):
    """A tile service on this machine that answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: tuple[int, bytes] = (200, picture())
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Theirs

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, body = self.server.answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/secret")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        return


@pytest.fixture
def theirs(settings: Any) -> Iterator[Theirs]:
    server = Theirs()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.BASE_MAP, settings.BASE_MAP_KEY = "tiles", KEY
    port = server.server_address[1]
    settings.BASE_MAP_URL = f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}?tk={{key}}"
    origin._made.clear()
    yield server
    origin._made.clear()
    server.shutdown()
    thread.join()
    server.server_close()


ADDRESS = "/base/12/3329/1580"


def test_a_tile_comes_through_us_once(operator: Client, theirs: Theirs) -> None:
    first, second = operator.get(ADDRESS), operator.get(ADDRESS)

    assert first.status_code == second.status_code == 200
    assert first["Content-Type"] == "image/png"
    assert first.content == second.content == picture()
    assert theirs.asked == [f"/12/3329/1580?tk={KEY}"]


def version() -> str:
    known = drawing.config()
    assert known is not None
    return str(known["version"])


def test_a_tile_is_kept_under_the_present_version_alone(
    operator: Client, theirs: Theirs, settings: Any
) -> None:
    old = version()
    kept = operator.get(f"{ADDRESS}?v={old}")
    settings.BASE_MAP_FRAME = "gcj02"

    assert kept["Cache-Control"] == "private, max-age=604800"
    assert version() != old
    for query in (f"?v={old}", "?v=x", ""):
        assert operator.get(f"{ADDRESS}{query}")["Cache-Control"] == "private, no-store"
    assert "max-age" in operator.get(f"{ADDRESS}?v={version()}")["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_MAP_URL", "https://another.example/{z}/{x}/{y}?tk={key}"),
        ("BASE_MAP_SERVERS", ["1", "2"]),
        ("BASE_MAP_FRAME", "gcj02"),
    ],
)
def test_another_setting_is_another_version(
    theirs: Theirs, settings: Any, name: str, value: object
) -> None:
    before = version()
    setattr(settings, name, value)

    assert version() != before
    # By the server's own secret: whoever knows the rest cannot try keys.
    here = version()
    settings.SECRET_KEY = "another"
    assert version() != here


def test_the_page_asks_under_the_version(operator: Client, theirs: Theirs) -> None:
    assert f'"version": "{version()}"' in operator.get("/wall/").content.decode()


def test_another_file_under_the_name_is_another_version(file: Path) -> None:
    before = version()
    assert version() == before
    file.write_bytes(file.read_bytes() + b"0")
    origin._made.clear()

    assert version() != before


def test_the_key_shows_nowhere(operator: Client, theirs: Theirs, caplog: Any) -> None:
    page = operator.get("/wall/").content.decode()
    theirs.answer = (500, b"")
    answer = operator.get(ADDRESS)

    assert '"/base"' in page
    assert answer.status_code == 503
    assert KEY not in page + answer.content.decode() + caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((500, b""), id="it fails"),
        pytest.param((302, b""), id="it leads elsewhere"),
        pytest.param((200, b"<html>quota exceeded</html>"), id="no picture"),
        pytest.param((200, picture() + b"0" * origin.MOST_BYTES), id="too large"),
    ],
)
def test_a_service_in_trouble_is_left_alone(
    operator: Client, theirs: Theirs, answer: tuple[int, bytes]
) -> None:
    theirs.answer = answer
    statuses = [operator.get(ADDRESS).status_code for _ in range(3)]

    assert statuses == [503, 503, 503]
    assert len(theirs.asked) == 1


def test_what_they_do_not_have_is_no_fault(operator: Client, theirs: Theirs) -> None:
    theirs.answer = (404, b"")

    assert [operator.get(ADDRESS).status_code for _ in range(2)] == [204, 204]
    assert len(theirs.asked) == 1


def test_a_map_in_gcj02_is_drawn_anew(operator: Client, theirs: Theirs, settings: Any) -> None:
    settings.BASE_MAP_FRAME = "gcj02"
    tile = tiles_over((12_530_000.0, 4_565_000.0, 12_530_000.0, 4_565_000.0), 17)[0]
    answer = operator.get(f"/base/17/{tile.x}/{tile.y}")

    assert answer.status_code == 200
    assert len(theirs.asked) > 1
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    assert image.shape == (SIDE_PX, SIDE_PX, 4)
    assert (image[:, :, 0] == 90).all()


@pytest.mark.parametrize(
    "address",
    ["/base/30/1/1", "/base/2/0/0", "/base/12/4096/0", "/base/12/0/99999999999999999999"],
)
def test_a_tile_that_cannot_be_is_not_asked_for(
    operator: Client, theirs: Theirs, address: str
) -> None:
    assert operator.get(address).status_code == 404
    assert theirs.asked == []


def test_without_a_base_map_there_is_none(operator: Client) -> None:
    assert operator.get(ADDRESS).status_code == 404
    assert drawing.config() is None


def test_strangers_get_none(stranger: Client, theirs: Theirs) -> None:
    assert stranger.get(ADDRESS).status_code == 401
    assert theirs.asked == []


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    path = tmp_path / "base.pmtiles"
    with path.open("wb") as out:
        writer = Writer(out)
        writer.write_tile(zxy_to_tileid(12, 3329, 1580), picture())
        edges = {"min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 1, "max_lat_e7": 1}
        middle = {"center_zoom": 12, "center_lon_e7": 0, "center_lat_e7": 0}
        kinds = {"tile_type": TileType.PNG, "tile_compression": Compression.NONE}
        writer.finalize({"min_zoom": 12, "max_zoom": 12, **edges, **middle, **kinds}, {})
    settings.BASE_MAP, settings.BASE_MAP_FILE = "pmtiles", str(path)
    origin._made.clear()
    return path


def test_tiles_of_a_file(sign_in: SignIn, file: Path) -> None:
    client = sign_in()
    known = drawing.config()

    assert check_base_map() == []
    assert known is not None
    assert (known["kind"], known["minzoom"], known["maxzoom"]) == ("raster", 12, 12)
    assert client.get(ADDRESS).content == picture()
    assert client.get("/base/12/3330/1580").status_code == 204
    assert client.get("/base/11/3330/1580").status_code == 404


TEMPLATE = "https://t{s}.example/{z}/{x}/{y}?tk={key}"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        pytest.param({"BASE_MAP_URL": "ftp://a/{z}/{x}/{y}"}, "https://", id="scheme"),
        pytest.param({"BASE_MAP_URL": "https://a.example/{z}"}, "{x}", id="no place"),
        pytest.param({"BASE_MAP_URL": "https://a.example/{z}{x}{y}{q}"}, "{x}", id="a field more"),
        pytest.param({"BASE_MAP_URL": "https://a.example/{z"}, "read", id="a brace open"),
        pytest.param({"BASE_MAP_KEY": ""}, "BASE_MAP_KEY", id="no key"),
        pytest.param({"BASE_MAP_SERVERS": []}, "BASE_MAP_SERVERS", id="no servers"),
        pytest.param({"BASE_MAP_FRAME": "bd09"}, "Baidu", id="Baidu's frame"),
        pytest.param({"BASE_MAP_FRAME": "xian80"}, "gcj02", id="an unknown frame"),
        pytest.param({"BASE_MAP": "pmtiles"}, "BASE_MAP_FILE", id="no file"),
        pytest.param(
            {"BASE_MAP": "pmtiles", "BASE_MAP_FILE": "/etc/hostname"}, "no PMTiles", id="no such"
        ),
        pytest.param({"BASE_MAP": "pmtiles", "BASE_MAP_FILE": "/no"}, "read", id="not there"),
    ],
)
def test_settings_that_cannot_work_are_told(
    settings: Any, changed: dict[str, Any], word: str
) -> None:
    settings.BASE_MAP, settings.BASE_MAP_URL = "tiles", TEMPLATE
    settings.BASE_MAP_KEY, settings.BASE_MAP_SERVERS = KEY, ["0", "1"]
    assert check_base_map() == []
    for name, value in changed.items():
        setattr(settings, name, value)

    assert [word in str(problem.msg) for problem in check_base_map()] == [True]
    assert not any(KEY in str(problem) for problem in check_base_map())
