"""What can be imported: for each kind of thing its fields, and what a cell of each must be.

The one table of it; pages, readers and writers go by it.  Words of choices are those that districts
write, Chinese first; what is stored is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.codes import DIVISION_PATTERN, GRID_PATTERN
from grids.imports.cells import CellKind, Choice, Code, Day, Number, Text, Whole, YesNo
from grids.models import ImportTarget

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LON, LAT, WKT = "lon", "lat", "wkt"


@dataclass(frozen=True)
class Field:
    """One column of a target: what a cell must be, its SQL type, and what an empty one becomes."""

    name: str
    label: "_StrPromise"
    kind: CellKind
    sql: str = "text"
    default: str | int | bool | None = None

    @property
    def needed(self) -> bool:
        return bool(getattr(self.kind, "needed", False))


@dataclass(frozen=True)
class Target:
    """A kind of thing.  `shape` is what its geometry is, `shape_needed` whether it must have one.

    address_will_do: a row without a position is taken when it has an address, to be placed by hand.
    made_code: a row without a code gets one made from its name and address.
    """

    name: ImportTarget
    fields: tuple[Field, ...]
    shape: str | None
    shape_needed: bool = False
    address_will_do: bool = False
    made_code: bool = False
    position: tuple[Field, ...] = field(default=())

    def mapped(self, mapping: Mapping[str, str]) -> tuple[Field, ...]:
        """The fields that a mapping fills, in the table's order."""
        return tuple(one for one in self.fields if mapping.get(one.name))


DEGREES = Number(low=-1e9, high=1e9, needed=False)
POSITION = (
    Field(LON, _("longitude or easting"), DEGREES, "double precision"),
    Field(LAT, _("latitude or northing"), DEGREES, "double precision"),
    Field(WKT, _("shape as WKT"), Text(longest=4000, needed=False)),
)

YES = (
    "是",
    "有",
    "1",
    "true",
    "yes",
    "y",
    "t",
    "开",
    "营业",
    "营业中",
    "在营",
    "开业",
    "正常",
    "√",
)
NO = ("否", "无", "0", "false", "no", "n", "f", "关", "停业", "歇业", "关闭", "关门", "倒闭", "×")

DIVISION_KINDS = {
    "省": "province", "自治区": "province", "市": "city", "地级市": "city",
    "区": "district", "县": "district", "市辖区": "district", "区县": "district",
    "街道": "street_office", "街道办": "street_office", "街道办事处": "street_office",
    "镇": "town", "乡": "township", "民族乡": "township",
    "社区": "community", "居委会": "community", "居民委员会": "community",
    "村": "village", "行政村": "village", "村委会": "village", "村民委员会": "village",
    **{kind: kind for kind in (
        "province", "city", "district", "street_office", "town", "township", "community", "village",
    )},
}  # fmt: skip
GRID_KINDS = {
    "基础网格": "basic", "一般网格": "basic", "基本网格": "basic", "普通网格": "basic",
    "basic": "basic",
    "专属网格": "special", "专属": "special", "特殊网格": "special", "special": "special",
}  # fmt: skip
STREET_KINDS = {
    "主干道": "main", "主干路": "main", "快速路": "main", "main": "main", "primary": "main",
    "次干道": "secondary", "次干路": "secondary", "支路": "secondary", "secondary": "secondary",
    "巷": "lane", "小巷": "lane", "街巷": "lane", "背街小巷": "lane", "lane": "lane",
    "residential": "lane",
    "乡道": "country", "村道": "country", "县道": "country", "country": "country",
}  # fmt: skip
SHOP_KINDS = {
    "餐饮": "food", "饭店": "food", "餐馆": "food", "小吃": "food",
    "副食": "grocery", "超市": "grocery", "便利店": "grocery", "粮油": "grocery", "零售": "grocery",
    "服装": "clothes", "鞋帽": "clothes", "洗衣": "clothes",
    "药店": "health", "诊所": "health", "医药": "health", "医疗": "health",
    "美容美发": "beauty", "理发": "beauty", "美容": "beauty", "美发": "beauty",
    "维修": "repair", "五金": "repair", "汽修": "repair", "五金维修": "repair",
    "文教": "education", "文具": "education", "书店": "education", "托管": "education",
    "休闲娱乐": "leisure", "娱乐": "leisure", "网吧": "leisure", "健身": "leisure",
    "住宿": "hotel", "宾馆": "hotel", "旅店": "hotel", "酒店": "hotel",
    "其他": "other", "其它": "other",
    **{kind: kind for kind in (
        "food", "grocery", "clothes", "health", "beauty", "repair", "education", "leisure",
        "hotel", "other",
    )},
}  # fmt: skip
SERVICE_KINDS = {
    "调解室": "mediation", "人民调解室": "mediation", "人民调解": "mediation",
    "警务室": "police", "社区警务室": "police",
    "法治诊所": "legal_clinic", "法律诊所": "legal_clinic", "公共法律服务": "legal_clinic",
    "心理服务室": "counselling", "心理咨询室": "counselling", "心理服务": "counselling",
    "党群服务中心": "service_centre", "便民服务中心": "service_centre",
    "社区服务中心": "service_centre",
    "卫生服务站": "health_station", "卫生室": "health_station", "卫生站": "health_station",
    "日间照料中心": "elderly_care", "养老服务站": "elderly_care", "养老服务": "elderly_care",
    "其他": "other", "其它": "other",
    **{kind: kind for kind in (
        "mediation", "police", "legal_clinic", "counselling", "service_centre",
        "health_station", "elderly_care", "other",
    )},
}  # fmt: skip
STAFF_ROLES = {
    "网格长": "chief", "总网格长": "chief", "chief": "chief",
    "网格员": "worker", "专职网格员": "worker", "worker": "worker",
    "协管员": "assistant", "网格协管员": "assistant", "助理": "assistant", "assistant": "assistant",
}  # fmt: skip

# Words for a last day that nobody knows yet.
OPEN = ("至今", "现在", "长期", "now", "open")

CODE_OF_PLACE = Field("code", _("code"), Code(pattern=r"^[0-9A-Za-z._-]{1,40}$", needed=False))
NAMED = pgettext_lazy("of a place", "name")
NAME = Field("name", NAMED, Text(longest=80, needed=True))
ADDRESS = Field("address", _("address"), Text(longest=200, needed=False), default="")


GRID_FIELDS = (
    Field("code", _("code"), Code(pattern=GRID_PATTERN, needed=True)),
    Field("name", NAMED, Text(longest=80, needed=False), default=""),
    Field("kind", _("kind"), Choice(words=GRID_KINDS, needed=False), default="basic"),
)


def _places(name: ImportTarget, *more: Field) -> Target:
    return Target(
        name,
        (CODE_OF_PLACE, NAME, ADDRESS, *more),
        "point",
        address_will_do=True,
        made_code=True,
        position=POSITION,
    )


TARGETS: dict[str, Target] = {
    target.name.value: target
    for target in (
        Target(
            ImportTarget.DIVISIONS,
            (
                Field("code", _("code"), Code(pattern=DIVISION_PATTERN, needed=True)),
                NAME,
                Field("kind", _("kind"), Choice(words=DIVISION_KINDS, needed=False)),
                Field("official", _("official"), YesNo(yes=YES, no=NO), "boolean", default=True),
            ),
            "polygon",
            position=POSITION[2:],
        ),
        Target(
            ImportTarget.GRIDS, GRID_FIELDS, "polygon", shape_needed=True, position=POSITION[2:]
        ),
        Target(
            ImportTarget.PLANS, GRID_FIELDS, "polygon", shape_needed=True, position=POSITION[2:]
        ),
        Target(
            ImportTarget.STREETS,
            (
                CODE_OF_PLACE,
                Field("name", NAMED, Text(longest=60, needed=True)),
                Field("kind", _("kind"), Choice(words=STREET_KINDS, needed=False), default="lane"),
            ),
            "line",
            shape_needed=True,
            made_code=True,
            position=POSITION[2:],
        ),
        _places(
            ImportTarget.BUILDINGS,
            Field(
                "households", _("households"), Whole(0, 20_000, needed=False), "integer", default=0
            ),
            Field("floors", _("floors"), Whole(1, 200, needed=False), "smallint"),
            Field("units", _("units"), Whole(1, 100, needed=False), "smallint"),
        ),
        _places(
            ImportTarget.SHOPS,
            Field("kind", _("kind"), Choice(words=SHOP_KINDS, needed=False), default="other"),
            Field("open", _("open"), YesNo(yes=YES, no=NO), "boolean", default=True),
        ),
        _places(
            ImportTarget.SERVICE_POINTS,
            Field("kind", _("kind"), Choice(words=SERVICE_KINDS, needed=False), default="other"),
        ),
        Target(
            ImportTarget.WORKERS,
            (
                Field(
                    "number",
                    _("staff number"),
                    Code(pattern=r"^[0-9A-Za-z._-]{1,12}$", needed=True),
                ),
                Field("name", _("name"), Text(longest=40, needed=True)),
                Field("role", _("role"), Choice(words=STAFF_ROLES, needed=True)),
                Field("phone", _("phone"), Text(longest=30, needed=False), default=""),
                Field("grid_code", _("grids"), Text(longest=4000, needed=False), default=""),
                Field("since", _("from"), Day(needed=False), "date"),
                Field("until", _("to (last day)"), Day(open_words=OPEN), "date"),
                Field("stands_in_for", _("stands in for"), Text(longest=12, needed=False)),
            ),
            None,
        ),
    )
}
