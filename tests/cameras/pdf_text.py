"""What a PDF file of ours says, read back: the texts of each page in the order they were drawn.

fpdf2 writes each text as two-byte numbers of glyphs, and a table from these to characters.
"""

import re
import zlib


def texts(content: bytes) -> list[str]:
    """Every text that was drawn, page by page."""
    streams = _streams(content)
    table = next(one for one in streams if b"begincmap" in one)
    characters = _characters(table.decode("latin-1"))
    pages = [one for one in streams if b" Tf" in one]
    return [_decoded(raw, characters) for page in pages for raw in _drawn(page)]


def _streams(content: bytes) -> list[bytes]:
    found = []
    for raw in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found.append(zlib.decompress(raw))
        except zlib.error:
            found.append(raw)
    return found


def _characters(table: str) -> dict[int, str]:
    pairs = re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>(?: <([0-9A-Fa-f]+)>)?", table)
    found = dict[int, str]()
    for first, second, third in pairs:
        if third:
            span = range(int(first, 16), int(second, 16) + 1)
            start = int(third, 16)
            found |= {code: chr(start + number) for number, code in enumerate(span)}
        else:
            found[int(first, 16)] = bytes.fromhex(second).decode("utf-16-be")
    return found


def _drawn(page: bytes) -> list[bytes]:
    return [_unescaped(raw) for raw in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", page, re.DOTALL)]


def _unescaped(raw: bytes) -> bytes:
    signs = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
    return re.sub(rb"\\(.)", lambda found: signs.get(found[1], found[1]), raw, flags=re.DOTALL)


def _decoded(raw: bytes, characters: dict[int, str]) -> str:
    codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
    return "".join(characters.get(code, "?") for code in codes)
