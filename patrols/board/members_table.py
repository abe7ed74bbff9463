"""Members as a table that somebody sends: one row per person, known by their staff number."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from patrols.board.filters import area_of
from patrols.board.services.members import NewMember
from patrols.board.tables import Column, Fault, Line
from patrols.models import Force, MeansName

MOST_ROWS = 2_000
NUMBER = re.compile(r"\A[0-9A-Za-z._-]{1,20}\Z")
PHONE = re.compile(r"\A[\w+()（）./ -]{0,30}\Z")
TERRITORY = re.compile(r"[0-9]{6,19}")
COLUMNS: dict[str, Column] = {
    "number": Column(
        pgettext_lazy("column", "Staff number"), ("工号", "队员工号", "编号", "Staff number"),
        is_needed=True,
    ),
    "name": Column(pgettext_lazy("column", "Name"), ("姓名", "Name"), is_needed=True),
    "phone": Column(pgettext_lazy("column", "Phone"), ("电话", "手机", "联系电话", "Phone")),
    "force": Column(pgettext_lazy("column", "Force"), ("队伍", "类别", "Force"), is_needed=True),
    "means": Column(
        pgettext_lazy("column", "Means of transport"), ("交通方式", "Means of transport")
    ),
    "code": Column(
        pgettext_lazy("column", "Territory code"), ("区划代码", "所属区划代码", "Territory code"),
        is_needed=True,
    ),
    "user": Column(pgettext_lazy("column", "Account"), ("账号", "用户名", "Account")),
}  # fmt: skip
FORCES = {
    "网格员": "grid_worker", "辅警": "police_auxiliary", "警务辅助人员": "police_auxiliary",
    "保安": "security_guard", "保安员": "security_guard", "志愿者": "volunteer",
    "出租车志愿者": "taxi_volunteer", "快递志愿者": "courier_volunteer",
    "外卖快递志愿者": "courier_volunteer",
}  # fmt: skip
MEANS = {
    "步行": "foot", "电动车": "bike", "自行车": "bike", "电动自行车": "bike", "机动车": "car",
    "汽车": "car", "": "foot",
}  # fmt: skip


class Reader:
    """Rows to people; what is wrong with them is in `faults`."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = list(lines)
        self.faults: list[Fault] = []
        self.forces = FORCES | words_of(Force)
        self.means = MEANS | words_of(MeansName)
        self.seen: dict[str, int] = {}

    def people(self) -> list[tuple[int, NewMember]]:
        """Each with the number of its row."""
        found = ((line.number, self._person(line)) for line in self.lines)
        return [(number, one) for number, one in found if one is not None]

    def _person(self, line: Line) -> NewMember | None:
        before = len(self.faults)
        value = {name: line.values.get(name, "") for name in COLUMNS}
        force = self.forces.get(value["force"])
        means = self.means.get(value["means"])
        first = self.seen.setdefault(value["number"], line.number)
        rules = [
            ("number", NUMBER.fullmatch(value["number"]), _("Up to 20 letters, digits and . _ -")),
            ("number", first == line.number, _("This number stands above already.")),
            ("name", is_name(value["name"]), _("A name has 1 to 40 characters.")),
            ("phone", PHONE.fullmatch(value["phone"]), _("Up to 30 letters, digits and + ( ) -")),
            ("force", force, _("One of: %(names)s") % {"names": "、".join(map(str, Force.labels))}),
            (
                "means",
                means,
                _("One of: %(names)s") % {"names": "、".join(map(str, MeansName.labels))},
            ),
            ("code", TERRITORY.fullmatch(value["code"]), _("A code has 6 to 19 digits.")),
        ]
        self.faults += [
            Fault(line.number, str(COLUMNS[column].head), said)
            for column, is_right, said in rules
            if not is_right
        ]
        if len(self.faults) > before or force is None or means is None:
            return None
        return NewMember(
            value["number"], value["name"], value["phone"], force, means, area_of(value["code"]),
            username=value["user"],
        )  # fmt: skip


def is_name(text: str) -> bool:
    return 0 < len(text) <= 40 and text.isprintable()


def words_of(choices: type[Force] | type[MeansName]) -> dict[str, str]:
    """What a choice is called in the reader's language, and its value, to the value."""
    return {str(label): value for value, label in choices.choices} | {
        value: value for value in choices.values
    }
