"""The roster as a table: one row per duty, written for people and read back from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from gis_server.edge import EARLIEST_DAY, LATEST_DAY
from gis_server.models import User
from gis_server.xlsx_export import Column as Wide
from gis_server.xlsx_export import Sheet
from patrols.board.filters import Filters
from patrols.board.rights import posts_seen, shifts_seen
from patrols.board.tables import Column, Fault, Line
from patrols.control import HEIGHT, ControlLevel
from patrols.models import ControlSwitch, Duty, Member, Post, Shift
from patrols.models.control import DISTRICT_DIGITS
from patrols.models.posts import MAX_TASK

MOST_ROWS = 5_000
COLUMNS: dict[str, Column] = {
    "day": Column(pgettext_lazy("column", "Day"), ("日期", "Day", "date"), is_needed=True),
    "post": Column(pgettext_lazy("column", "Post"), ("岗位", "岗位名称", "Post"), is_needed=True),
    "code": Column(pgettext_lazy("column", "Territory code"), ("区划代码", "Territory code")),
    "shift": Column(pgettext_lazy("column", "Shift"), ("班次", "Shift"), is_needed=True),
    "number": Column(
        pgettext_lazy("column", "Staff number"), ("工号", "队员工号", "Staff number"),
        is_needed=True,
    ),
    "name": Column(pgettext_lazy("column", "Name"), ("姓名", "Name")),
    "task": Column(pgettext_lazy("column", "Task"), ("任务", "Task")),
    "lowest": Column(pgettext_lazy("column", "From level"), ("起始等级", "From level")),
    "highest": Column(pgettext_lazy("column", "To level"), ("最高等级", "To level")),
    "instead": Column(
        pgettext_lazy("column", "Stands in for"), ("替谁工号", "替班对象", "Stands in for")
    ),
}  # fmt: skip
WIDTHS = {"day": 12.0, "post": 24.0, "code": 16.0, "task": 30.0}
SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that is understood.  instead: the number of whom they stand in for; "" for nobody."""

    line: int
    post: Post
    shift: Shift
    day: date
    member: Member
    task: str
    lowest: str
    highest: str
    instead: str

    @property
    def key(self) -> tuple[int, int, date, int]:
        return self.post.pk, self.shift.pk, self.day, self.member.pk


def sheet(duties: Iterable[Duty], captions: tuple[str, ...]) -> Sheet:
    """Live duties, with post, shift, member and whom they stand in for."""
    columns = [Wide(str(one.head), WIDTHS.get(name, 12.0)) for name, one in COLUMNS.items()]
    return Sheet(_("Roster"), columns, (row(duty) for duty in duties), captions)


def row(duty: Duty) -> list[str | date]:
    """In the order of COLUMNS."""
    replaced = duty.stands_in_for.member.number if duty.stands_in_for else ""
    return [
        duty.day, duty.post.name, duty.post.scope_code, duty.shift.name, duty.member.number,
        duty.member.name, duty.task, duty.get_lowest_display(), duty.get_highest_display(),
        replaced,
    ]  # fmt: skip


class Reader:
    """Rows to entries, with what the reader may plan; four queries for all of them."""

    def __init__(self, by: User, lines: Iterable[Line]) -> None:
        self.lines = list(lines)
        self.faults: list[Fault] = []
        texts: dict[str, set[str]] = {
            name: {one.values.get(name, "") for one in self.lines} for name in ("post", "number")
        }
        self.posts: dict[str, list[Post]] = {}
        for post in posts_seen(by).filter(name__in=texts["post"]).order_by("pk"):
            self.posts.setdefault(post.name, []).append(post)
        self.shifts = {(one.area, one.name): one for one in shifts_seen(by)}
        self.members = {
            one.number: one for one in Member.objects.filter(number__in=texts["number"])
        }
        self.levels = {str(label): value for value, label in ControlSwitch.Level.choices}
        self.levels |= {value: value for value in ControlSwitch.Level.values} | LEVELS
        self.seen: dict[tuple[int, int, date, int], int] = {}

    def entries(self) -> list[Entry]:
        found = (self._entry(line) for line in self.lines)
        return [one for one in found if one is not None]

    def _entry(self, line: Line) -> Entry | None:
        before = len(self.faults)
        post = self._post(line)
        day, member = self._day(line), self._member(line)
        shift = self._shift(line, post)
        lowest = self._level(line, "lowest", ControlLevel.USUAL)
        highest = self._level(line, "highest", ControlLevel.ONE)
        task = " ".join(line.values.get("task", "").split())
        if len(task) > MAX_TASK or "\0" in task:
            rule = _("A task has at most %(most)d characters.")
            self.fault(line, "task", rule % {"most": MAX_TASK})
        if HEIGHT[lowest] > HEIGHT[highest]:
            self.fault(line, "lowest", _("The lowest control level is above the highest."))
        if len(self.faults) > before or not (post and shift and day and member):
            return None
        instead = line.values.get("instead", "")
        entry = Entry(
            line.number, post, shift, day, member, task, lowest.value, highest.value, instead
        )
        return self._unseen(line, entry)

    def _unseen(self, line: Line, entry: Entry) -> Entry | None:
        first = self.seen.setdefault(entry.key, entry.line)
        if first == entry.line:
            return entry
        rule = _("The same duty stands in row %(line)d already.")
        self.fault(line, "number", rule % {"line": first})
        return None

    def fault(self, line: Line, column: str, said: str) -> None:
        self.faults.append(Fault(line.number, str(COLUMNS[column].head), said))

    def _post(self, line: Line) -> Post | None:
        name, code = line.values["post"], line.values.get("code", "")
        found = [one for one in self.posts.get(name, []) if code in ("", one.scope_code)]
        if len(found) == 1:
            return found[0]
        if found:
            self.fault(line, "code", _("Several posts are called so: give the territory code."))
        else:
            rule = _("There is no post “%(name)s” in your area.")
            self.fault(line, "post", rule % {"name": name[:SHOWN_CHARS]})
        return None

    def _shift(self, line: Line, post: Post | None) -> Shift | None:
        name = line.values["shift"]
        if post is None:
            return None
        found = self.shifts.get((post.scope_code[:DISTRICT_DIGITS], name))
        if found is None:
            rule = _("There is no shift “%(name)s”.")
            self.fault(line, "shift", rule % {"name": name[:SHOWN_CHARS]})
        return found

    def _member(self, line: Line) -> Member | None:
        number, name = line.values["number"], line.values.get("name", "")
        found = self.members.get(number)
        if found is None:
            rule = _("There is nobody with the number %(number)s in your area.")
            self.fault(line, "number", rule % {"number": number[:SHOWN_CHARS]})
        elif name and name != found.name:
            rule = _("The number is somebody else's: %(name)s is not their name.")
            self.fault(line, "name", rule % {"name": name[:SHOWN_CHARS]})
            return None
        return found

    def _day(self, line: Line) -> date | None:
        found = day_of(line.values["day"])
        if found is None:
            self.fault(line, "day", _("A day is written like 2026-03-01."))
        return found

    def _level(self, line: Line, column: str, usual: ControlLevel) -> ControlLevel:
        text = line.values.get(column, "")
        if text and text not in self.levels:
            rule = _("“%(text)s” is no control level.")
            self.fault(line, column, rule % {"text": text[:SHOWN_CHARS]})
        return ControlLevel(self.levels.get(text, usual.value))


LEVELS = {
    "常态": "usual", "三级": "three", "二级": "two", "一级": "one", "3": "three", "2": "two",
    "1": "one", "Usual": "usual", "Level three": "three", "Level two": "two", "Level one": "one",
}  # fmt: skip


def day_of(text: str) -> date | None:
    """2026-03-01, 2026/3/1, 2026.3.1 or 2026年3月1日; None for anything else."""
    parts = text.strip().removesuffix("日").replace("年", "-").replace("月", "-")
    numbers = parts.replace("/", "-").replace(".", "-").split("-")
    if len(numbers) != 3 or not all(one.isascii() and one.isdigit() for one in numbers):
        return None
    if any(len(one) > 4 for one in numbers):
        return None
    try:
        day = date(*(int(one) for one in numbers))
    except ValueError:
        return None
    return day if EARLIEST_DAY <= day <= LATEST_DAY else None


def captions(filters: Filters, now: datetime, area: str) -> tuple[str, ...]:
    """What an exported roster says above its rows."""
    rule = _("Roster from %(first)s to %(last)s, %(area)s")
    head = rule % {"first": filters.days[0], "last": filters.days[-1], "area": area or _("all")}
    return (head, _("As of %(at)s") % {"at": f"{now:%Y-%m-%d %H:%M}"})
