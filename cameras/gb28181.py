"""Device ids of GB/T 28181: twenty digits that say where, what and which.  Pure.

GB/T 28181-2016, annex D, code rule A: 8 digits of the centre (a GB/T 2260 code of province, city,
district and below, 2 digits each), 2 of the industry, 3 of the type, 1 of the network, 6 in series.
"""

from dataclasses import dataclass

DIGITS = 20

# Annex D, table D.1: types as devices carry them; 111–130 are front ends, 131–199 what hangs on
# them, 200–299 the platform's own parts.  Only what districts really register has a name here.
DVR, ENCODER, NVR, CAMERA, IPC = "111", "113", "118", "131", "132"


class NotAnId(ValueError):
    """The text is no id; the message says why, in English, for logs and tests."""


@dataclass(frozen=True, slots=True)
class DeviceId:
    """An id in its parts; `text` is all twenty digits."""

    centre: str
    industry: str
    type: str
    network: str
    serial: str

    @property
    def text(self) -> str:
        return self.centre + self.industry + self.type + self.network + self.serial

    @property
    def division(self) -> str:
        """The code of the smallest division that the centre names: 2, 4, 6 or 8 digits, without the
        pairs of zeros at its end; two digits at least.
        """
        code = self.centre
        while len(code) > 2 and code.endswith("00"):
            code = code[:-2]
        return code


def parse(text: str) -> DeviceId:
    """The parts of an id.

    Raises:
        NotAnId: not 20 ASCII digits, or no province begins like this.
    """
    if len(text) != DIGITS or not (text.isascii() and text.isdigit()):
        raise NotAnId("a GB/T 28181 id has 20 digits")
    # GB/T 2260: provinces are 11 to 82.
    if not 11 <= int(text[:2]) <= 82:
        raise NotAnId("no province has this number")
    return DeviceId(text[:8], text[8:10], text[10:13], text[13], text[14:])
