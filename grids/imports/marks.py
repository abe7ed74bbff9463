"""Characters as people typed them, and as they are stored.  Pure.

Input methods write １２３ and （ ）, spreadsheets bring line breaks, web pages invisible marks.
Letters and digits are made half-width everywhere; Chinese punctuation stays Chinese inside names
("３号楼（东）" is stored as "3号楼（东）") and becomes ASCII where it only stands for a sign of a
number or code.
"""

import re
import unicodedata

# Full-width forms that are good Chinese inside a name.
KEPT_WIDE = "！（），：；？～"
WIDE = {
    code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in KEPT_WIDE
}  # fmt: skip
# Marks that nobody sees: zero-width, byte order, soft hyphen, direction.
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
SPACES = "\\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
IS_INVISIBLE = re.compile(f"[{INVISIBLE}]")
ARE_SPACES = re.compile(f"[{SPACES}]+")
# Line breaks and tabs count as spaces; the other control characters have no place in a cell.
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
REPLACED = "\ufffd"  # what a program writes for a character that it could not read

# For RE2 (Arrow): texts that `tidy` would change or refuse; the others can stay as they are.
NEEDS_TIDYING = (
    r"[\x00-\x1f\x7f-\xa0\x{ad}\x{1680}\x{2000}-\x{200f}\x{2028}-\x{202f}\x{205f}-\x{2069}"
    r"\x{3000}\x{feff}\x{ff01}-\x{ff5e}\x{fffd}]|^ | $|  "
)


def tidy(text: str) -> str:
    """A name as it is stored: half-width, single spaces, nothing invisible, trimmed."""
    visible = IS_INVISIBLE.sub("", text)
    return ARE_SPACES.sub(" ", visible.translate(WIDE)).strip()


def plain(text: str) -> str:
    """A number, code or keyword: compatibility forms (NFKC) of all characters, trimmed.

    NFKC turns １ into 1, （ into (, ： into : and ． into a dot.
    """
    return tidy(unicodedata.normalize("NFKC", text))


def keyword(text: str) -> str:
    """What two spellings of one word have in common: case, width and spaces do not count."""
    return plain(text).casefold().replace(" ", "")
