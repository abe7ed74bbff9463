"""What a file is, judged by its content first and its ending second.  Pure.

A name says little: web systems save HTML as .xls, people rename pictures, WPS writes old Excel
into .et.  What cannot be read is named here as what it is, so that the sentence can help.
"""

import codecs
import mmap
from enum import Enum, auto
from pathlib import Path, PurePath

from grids.imports.limits import MIB, Limits
from grids.imports.problems import Problem, Refused, shown

HEAD_BYTES = 8192

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
SQLITE = b"SQLite format 3\0"
# Compound File Binary: Excel before 2007, WPS .et, and Excel's encrypted workbooks.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_ENTRY = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.1.4
SHP = b"\x00\x00\x27\x0a"  # file code 9994, in .shp and .shx
PICTURES = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"%PDF", b"8BPS",
)  # fmt: skip
OTHER_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
LONE_PARTS = {".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx"}
# Many systems export plain text under the name of a spreadsheet.
TEXT_ENDINGS = {".csv", ".txt", ".tsv", ".xls", ".et", ""}
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Kind(Enum):
    ZIP = auto()  # a Shapefile or a workbook: `zips` tells
    GEOPACKAGE = auto()
    GEOJSON = auto()
    KML = auto()
    TEXT = auto()


def kind_of(path: Path, name: str, limits: Limits) -> Kind:
    """The kind of the file at `path`, which the user called `name`.

    Raises:
        Refused: empty, too large, or nothing that can be read.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Refused(Problem.TOO_LARGE, limit_mb=limits.file_bytes // MIB)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    ending = PurePath(name).suffix.lower()
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise Refused(Problem.EMPTY_FILE)
    return _binary(path, head, name) or _markup(head, ending, name) or _text(head, ending, name)


def _binary(path: Path, head: bytes, name: str) -> Kind | None:
    if head.startswith(ZIP):
        return Kind.ZIP
    if head.startswith(SQLITE):
        return Kind.GEOPACKAGE
    if head.startswith(COMPOUND):
        encrypted = _contains(path, ENCRYPTED_ENTRY)
        raise Refused(Problem.PASSWORD if encrypted else Problem.OLD_EXCEL)
    if head.startswith(OTHER_ARCHIVES):
        raise Refused(Problem.NOT_A_ZIP)
    if head.startswith(SHP) or PurePath(name).suffix.lower() in LONE_PARTS:
        raise Refused(Problem.LONE_PART, name=shown(name))
    if _is_picture(head):
        raise Refused(Problem.PICTURE, name=shown(name))
    return None


def _is_picture(head: bytes) -> bool:
    if head.startswith(b"BM"):  # two letters that a table may begin with, too
        return b"\0" in head[:32]
    webp_or_heic = head[8:12] == b"WEBP" or head[4:8] == b"ftyp"
    return webp_or_heic or head.startswith(PICTURES)


def _contains(path: Path, part: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(part) >= 0


def _markup(head: bytes, ending: str, name: str) -> Kind | None:
    encoding = "utf-16" if head.startswith(UTF16) else "latin-1"
    text = head.removeprefix(codecs.BOM_UTF8).decode(encoding, "ignore").lstrip().lower()
    if text.startswith("{") or (text.startswith("[") and ending in {".json", ".geojson"}):
        return Kind.GEOJSON
    if not text.startswith("<"):
        return None
    if "<kml" in text or ending == ".kml":
        return Kind.KML
    if "office:spreadsheet" in text or "mso-application" in text:
        raise Refused(Problem.OLD_EXCEL)
    if any(tag in text for tag in ("<html", "<!doctype html", "<table", "<head", "<meta")):
        raise Refused(Problem.HTML_PAGE)
    raise Refused(Problem.UNKNOWN_KIND, name=shown(name))


def _text(head: bytes, ending: str, name: str) -> Kind:
    if (b"\0" in head and not head.startswith(UTF16)) or ending not in TEXT_ENDINGS:
        raise Refused(Problem.UNKNOWN_KIND, name=shown(name))
    return Kind.TEXT
