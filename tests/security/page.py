"""What a page leads to, and what a browser would run of it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

ADDRESS_ATTRIBUTES = ("href", "src", "action", "formaction", "poster", "data")
SCRIPT_TYPES = ("", "module", "text/javascript", "application/javascript")


@dataclass
class Form:
    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def asked(self) -> str:
        """The address that the form leads to when it is sent as it stands."""
        query = urlencode(self.fields)
        return f"{self.action.partition('?')[0]}?{query}" if query else self.action


class Page(HTMLParser):
    """links: where `<a>` leads, without other servers and fragments.  wrong: what the policy of
    pages would forbid, or should: a style or script in the page itself, another server.
    """

    def __init__(self, address: str, text: str, nonce: str) -> None:
        super().__init__()
        self.address, self.nonce = address, nonce
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.wrong: list[str] = []
        self.unsafe_links: list[str] = []
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self._look(tag, told)
        if tag == "a" and "href" in told:
            self._lead(told["href"])
        if tag == "form":
            method = told.get("method", "get").lower()
            self.forms.append(Form(method, self._here(told.get("action") or self.address) or ""))
        if self.forms and tag in ("input", "select", "textarea", "option", "button"):
            self._fill(tag, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _look(self, tag: str, told: dict[str, str]) -> None:
        for name, value in told.items():
            if name == "style" or name.startswith("on"):
                self.wrong.append(f"<{tag} {name}={value[:40]!r}>")
            if name in ADDRESS_ATTRIBUTES and value.strip().lower().startswith(
                ("javascript:", "vbscript:", "data:text")
            ):
                self.wrong.append(f"<{tag} {name}={value[:40]!r}>")
            if name in ("src", "poster") and urlsplit(value).netloc:
                self.wrong.append(f"<{tag} {name}={value[:60]!r}> of another server")
        if tag == "style":
            self.wrong.append("<style>")
        runs = tag == "script" and "src" not in told and told.get("type", "") in SCRIPT_TYPES
        if runs and (not self.nonce or told.get("nonce") != self.nonce):
            self.wrong.append("<script> without its nonce")
        if tag in ("iframe", "object", "embed", "base"):
            self.wrong.append(f"<{tag}>")

    def _here(self, href: str) -> str | None:
        """The address on this server; None when it leads elsewhere."""
        parts = urlsplit(urljoin(f"http://testserver{self.address}", href))
        if parts.scheme not in ("http", "https") or parts.netloc != "testserver":
            return None
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _lead(self, href: str) -> None:
        address = self._here(href)
        if address is not None and not href.startswith("#"):
            self.links.append(address)

    def _fill(self, tag: str, told: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, told.get("name", "")
        if "formaction" in told:
            self.forms[-1].action = self._here(told["formaction"]) or ""
        kind = told.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in told:
            fields.append((self._select, told.get("value", "")))
        elif tag == "textarea" and name:
            fields.append((name, ""))
        elif tag == "input" and name and is_sent(kind, told):
            fields.append((name, told.get("value", "on" if kind == "checkbox" else "")))


def is_sent(kind: str, told: dict[str, str]) -> bool:
    """Whether a field goes along when nobody has touched it."""
    if kind in ("submit", "button", "file", "image"):
        return False
    return kind not in ("checkbox", "radio") or "checked" in told
