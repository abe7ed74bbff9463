"""Texts from imports and forms as files can hold and people can read them.  Pure.

Names come from outside and are kept as they came; what goes into a file, a mail or a message is
cut down to what cannot break it.
"""

import re

# What XML 1.0 (section 2.2, Char) has no way to write, half surrogates among it.
_NOT_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
# What turns the direction of others round (UAX #9): a name with it can show as another one.
_TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_REMOVED = re.compile(f"[{_NOT_XML}{_TURNS}]")
_BREAKS = re.compile(r"[\s\u0085\u2028\u2029]+")
CUT = "…"


def printable(text: str) -> str:
    """The text without what no file can hold and what would turn it round; line breaks stay."""
    return _REMOVED.sub("", text)


def one_line(text: str) -> str:
    """The same with each run of spaces and line breaks as one space, none at either end."""
    return _BREAKS.sub(" ", printable(text)).strip()


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters, the last of them an ellipsis where something is missing."""
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT


def shortened_bytes(text: str, most_bytes: int) -> str:
    """At most `most_bytes` bytes of UTF-8, no character cut in two."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    room = most_bytes - len(CUT.encode())
    return encoded[:room].decode(errors="ignore") + CUT
