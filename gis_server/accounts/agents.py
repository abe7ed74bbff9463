"""A browser's long description of itself in two words.  Pure: no Django."""

# The first that stands in the text: most browsers also claim to be those further down.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
LOOKED_AT = 512


def short_agent(text: str) -> str:
    """`Firefox · Windows`; empty when nothing is known.  Never what the client wrote itself."""
    head = text[:LOOKED_AT]
    found = (_first(head, names) for names in (BROWSERS, SYSTEMS))
    return " · ".join(name for name in found if name)


def _first(text: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in text), "")
