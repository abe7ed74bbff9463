"""H.264 out of RTP (RFC 6184): single units, STAP-A and -B, FU-A and -B."""

from collections.abc import Mapping

from cameras.picture.rtp.nal import START, Row, aggregated, parameter_sets

SLICES = range(1, 6)
IDR, SEI, SPS, PPS = 5, 6, 7, 8
STAP_A, STAP_B, FU_A, FU_B = 24, 25, 28, 29
RECOVERY_POINT = 6
"""The SEI that stands for a key in streams that refresh bit by bit (H.264, D.1.8)."""


class H264:
    """An assembler; see `units`."""

    def __init__(self, formats: Mapping[str, str]) -> None:
        self._parameters = parameter_sets(formats.get("sprop-parameter-sets", ""))
        self._row = Row()

    def add(self, load: bytes) -> bool:
        if len(load) < 2:
            return not load  # an empty packet keeps a connection open, no more
        kind = load[0] & 0x1F
        if kind < STAP_A:
            return self._nal(load)
        if kind in (STAP_A, STAP_B):
            nals = aggregated(load[1 if kind == STAP_A else 3 :])
            return nals is not None and all(self._nal(nal) for nal in nals)
        if kind in (FU_A, FU_B) and len(load) > 2:
            return self._fragment(load, skip=2 if kind == FU_A else 4)
        return False

    def _fragment(self, load: bytes, *, skip: int) -> bool:
        rest = load[skip if load[1] & 0x80 else 2 :]
        if load[1] & 0x80:
            self._row.begin(bytes([load[0] & 0xE0 | load[1] & 0x1F]), rest)
            return True
        nal = self._row.go_on(rest, ends=bool(load[1] & 0x40))
        return True if nal is None else self._nal(nal)

    def _nal(self, nal: bytes) -> bool:
        if not nal:
            return False
        kind, row = nal[0] & 0x1F, self._row
        row.append(nal)
        row.seen.add(kind)
        if kind in SLICES:
            row.pictures += 1
        if kind == IDR or (kind == SEI and nal[1:2] == bytes([RECOVERY_POINT])):
            row.is_key = True
        return True

    def has_picture(self) -> bool:
        return self._row.has_picture

    def take(self) -> tuple[bytes, bool, bool]:
        row, self._row = self._row, Row()
        # Intra pictures with parameters before them are keys on devices that send no IDR.
        is_key = row.is_key or SPS in row.seen
        missing = [p for p in self._parameters if is_key and p[0] & 0x1F not in row.seen]
        before = b"".join(START + nal for nal in missing)
        data = row.joined(before)
        return data, is_key, row.is_whole
