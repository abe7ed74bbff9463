"""H.265 out of RTP (RFC 7798): single units, aggregation packets, fragments."""

from collections.abc import Mapping

from cameras.picture.rtp.nal import START, Row, aggregated, parameter_sets

PARAMETERS = ("sprop-vps", "sprop-sps", "sprop-pps")
IRAP = range(16, 24)
FIRST_NO_PICTURE = 32
AGGREGATION, FRAGMENT = 48, 49


class H265:
    """An assembler; see `units`."""

    def __init__(self, formats: Mapping[str, str]) -> None:
        self._parameters = [
            nal for name in PARAMETERS for nal in parameter_sets(formats.get(name, ""))
        ]
        # With an order of their own, units carry it in two more bytes (RFC 7798, 4.4).
        self._order_bytes = 2 if formats.get("sprop-max-don-diff", "0").strip() != "0" else 0
        self._row = Row()

    def add(self, load: bytes) -> bool:
        if len(load) < 3:
            return not load
        kind = load[0] >> 1 & 0x3F
        if kind == AGGREGATION:
            return self._aggregation(load[2:])
        if kind == FRAGMENT:
            return self._fragment(load)
        if kind > FRAGMENT:
            return False
        return self._nal(load[:2] + load[2 + self._order_bytes :])

    def _aggregation(self, load: bytes) -> bool:
        if self._order_bytes:
            return False  # never met; the order of units inside one is not undone here
        nals = aggregated(load)
        return nals is not None and all(self._nal(nal) for nal in nals)

    def _fragment(self, load: bytes) -> bool:
        begins, ends = bool(load[2] & 0x80), bool(load[2] & 0x40)
        rest = load[3 + (self._order_bytes if begins else 0) :]
        if begins:
            head = bytes([load[0] & 0x81 | (load[2] & 0x3F) << 1, load[1]])
            self._row.begin(head, rest)
            return True
        nal = self._row.go_on(rest, ends=ends)
        return True if nal is None else self._nal(nal)

    def _nal(self, nal: bytes) -> bool:
        if len(nal) < 2:
            return False
        kind, row = nal[0] >> 1 & 0x3F, self._row
        row.append(nal)
        row.seen.add(kind)
        row.pictures += kind < FIRST_NO_PICTURE
        row.is_key |= kind in IRAP
        return True

    def has_picture(self) -> bool:
        return self._row.has_picture

    def take(self) -> tuple[bytes, bool, bool]:
        row, self._row = self._row, Row()
        missing = [p for p in self._parameters if row.is_key and p[0] >> 1 & 0x3F not in row.seen]
        data = row.joined(b"".join(START + nal for nal in missing))
        return data, row.is_key, row.is_whole
