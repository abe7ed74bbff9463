"""JPEG out of RTP (RFC 2435): packets carry the scan alone, its head is made anew."""

MAIN_HEAD_BYTES = 8
RESTART_HEAD_BYTES = 4
DYNAMIC = 128  # from this Q on, the tables come with the picture
# ISO/IEC 10918-1, tables K.1 and K.2, in zigzag order, as RFC 2435 appendix A lists them.
LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
CHROMA = bytes.fromhex(
    "1112121815182f1a1a2f63423842636363636363636363636363636363636363"
    "6363636363636363636363636363636363636363636363636363636363636363"
)
# ISO/IEC 10918-1, tables K.3 to K.6: how many codes there are of each length, and their values.
DC_VALUES = bytes(range(12))
LUMA_DC = bytes.fromhex("00010501010101010100000000000000") + DC_VALUES
CHROMA_DC = bytes.fromhex("00030101010101010101010000000000") + DC_VALUES
LUMA_AC = bytes.fromhex(
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
    "2433627282090a161718191a25262728292a3435363738393a434445464748494a"
    "535455565758595a636465666768696a737475767778797a838485868788898a"
    "92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6"
    "c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9"
    "fa"
)
CHROMA_AC = bytes.fromhex(
    "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0"
    "156272d10a162434e125f11718191a262728292a35363738393a434445464748"
    "494a535455565758595a636465666768696a737475767778797a828384858687"
    "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3"
    "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8"
    "f9fa"
)


class Jpeg:
    """An assembler; see `units`.  Every picture is a key."""

    def __init__(self) -> None:
        self._head = b""
        self._scan = bytearray()
        self._tables: dict[int, bytes] = {}

    def add(self, load: bytes) -> bool:
        if len(load) < MAIN_HEAD_BYTES:
            return not load
        offset, kind, q = int.from_bytes(load[1:4]), load[4], load[5]
        rest, restart = load[MAIN_HEAD_BYTES:], 0
        if kind & 0x40:
            restart, rest = int.from_bytes(rest[:2]), rest[RESTART_HEAD_BYTES:]
        if offset == 0:
            begun = self._begin(load, kind & 0x3F, q, restart, rest)
            if begun is None:
                return False
            rest = begun
        fits = offset == len(self._scan)
        self._scan += rest
        return fits

    def _begin(self, load: bytes, kind: int, q: int, restart: int, rest: bytes) -> bytes | None:
        """Make the head; what of `rest` is scan, or None for a picture that cannot be made."""
        if q >= DYNAMIC:
            size = int.from_bytes(rest[2:4])
            if size:
                self._tables[q] = rest[4 : 4 + size]
            rest = rest[4 + size :]
            tables = self._tables.get(q, b"")
        else:
            tables = scaled(q)
        width, height = load[6] * 8, load[7] * 8
        if kind > 1 or not width or not height or len(tables) not in (64, 128):
            return None
        self._head = head_of(kind, width, height, tables, restart)
        return rest

    def has_picture(self) -> bool:
        return bool(self._scan)

    def take(self) -> tuple[bytes, bool, bool]:
        head, scan = self._head, bytes(self._scan)
        self._head, self._scan = b"", bytearray()
        end = b"" if scan.endswith(b"\xff\xd9") else b"\xff\xd9"
        return head + scan + end, True, bool(head)


def scaled(q: int) -> bytes:
    """The standard tables for a quality of 1 to 99 (RFC 2435, appendix A)."""
    q = min(max(q, 1), 99)
    factor = 5000 // q if q < 50 else 200 - 2 * q
    return bytes(min(max((value * factor + 50) // 100, 1), 255) for value in LUMA + CHROMA)


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2) + data


def head_of(kind: int, width: int, height: int, tables: bytes, restart: int) -> bytes:
    """All of a JPEG before its scan; kind 0 is 4:2:2, kind 1 is 4:2:0."""
    chroma = tables[64:] or tables[:64]
    sampling = 0x21 if kind == 0 else 0x22
    size = height.to_bytes(2) + width.to_bytes(2)
    frame = b"\x08" + size + bytes([3, 0, sampling, 0, 1, 0x11, 1, 2, 0x11, 1])
    scan = bytes([3, 0, 0x00, 1, 0x11, 2, 0x11, 0, 63, 0])
    parts = [
        b"\xff\xd8",
        segment(0xDB, b"\x00" + tables[:64] + b"\x01" + chroma[:64]),
        segment(0xDD, restart.to_bytes(2)) if restart else b"",
        segment(0xC0, frame),
        segment(0xC4, b"\x00" + LUMA_DC + b"\x10" + LUMA_AC),
        segment(0xC4, b"\x01" + CHROMA_DC + b"\x11" + CHROMA_AC),
        segment(0xDA, scan),
    ]
    return b"".join(parts)
