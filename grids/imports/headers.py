"""Which column of a file is which field, guessed from its name.  Pure.

A guess is a proposal that somebody confirms.  Where two columns would do, or one column for two
fields, nothing is proposed: a wrong proposal is overlooked more easily than a gap.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from grids.imports.marks import keyword

# Chinese first, then English, then the initials that land surveyors use (mc for 名称).
_WORDS = {
    "code": (
        "编码 代码 编号 网格编码 网格代码 网格编号 网格编码15位 区划代码 区划编码 "
        "行政区划代码 行政区划编码 统计用区划代码 单元网格编码 bgcode gridcode gridid code id "
        "adcode zoningcode wgbm wgbh bm xzqdm"
    ),
    "name": (
        "名称 名字 网格名称 网格名 楼栋名称 小区名称 商铺名称 店铺名称 单位名称 区划名称 "
        "行政区划名称 社区名称 街道名称 店名 楼名 道路名称 路名 姓名 网格员姓名 字号名称 "
        "标准名称 name title fullname gridname mc wgmc xm xzqmc"
    ),
    "parent_code": (
        "上级编码 上级代码 上级区划代码 上级区划编码 上级行政区划代码 父级编码 父编码 "
        "隶属编码 parentcode parent parentid pcode sjbm sjdm"
    ),
    "level": "级别 层级 等级 行政级别 区划级别 level grade rank jb",
    "kind": (
        "类型 类别 种类 网格类型 网格类别 区划类型 经营类型 经营类别 行业 业态 行业类别 "
        "服务类型 性质 kind type category class lx lb"
    ),
    "lon": (
        "经度 东经 x x坐标 坐标x 横坐标x 中心点经度 经度坐标 lon lng long longitude easting "
        "pointx xcoord coordx jd"
    ),
    "lat": (
        "纬度 北纬 y y坐标 坐标y 纵坐标y 中心点纬度 纬度坐标 lat latitude northing pointy "
        "ycoord coordy wd"
    ),
    "wkt": "wkt ewkt 几何 几何图形 空间数据 图形 geometry geom thegeom shape",
    "address": (
        "地址 详细地址 门牌地址 标准地址 门牌 门牌号 位置 坐落 住址 经营地址 所在地 address "
        "addr location dz xxdz"
    ),
    "households": (
        "户数 住户数 总户数 居民户数 常住户数 居住户数 households household hh "
        "numberofhouseholds hs"
    ),
    "units": "单元数 单元 单元个数 楼门数 units entrances unitcount dys",
    "floors": ("层数 楼层 楼层数 总层数 地上层数 总楼层 floors storeys stories levels cs lcs"),
    "open": ("是否营业 营业 营业状态 经营状态 在营 是否在营 开业状态 open isopen active operating"),
    "community_code": (
        "社区编码 社区代码 社区编号 所属社区编码 所属社区代码 所属社区 社区 村社区代码 "
        "所在社区 communitycode community communityid sqbm sqdm"
    ),
    "grid_code": (
        "所属网格编码 所属网格代码 所属网格编号 所属网格 所在网格 所在网格编码 网格编码 "
        "网格编号 网格代码 责任网格 负责网格 gridcode grid gridid sswg wgbm wgbh"
    ),
    "number": (
        "工号 人员编号 员工编号 工作证号 网格员编号 职工编号 编号 staffnumber number staffno "
        "employeeid workerid gh"
    ),
    "phone": (
        "电话 手机 手机号 手机号码 联系电话 联系方式 电话号码 移动电话 phone mobile tel "
        "telephone phonenumber cellphone sj lxdh dh"
    ),
    "role": (
        "角色 职务 岗位 身份 人员类型 人员类别 网格职务 岗位类型 职责 role post position duty zw"
    ),
    "since": (
        "开始日期 起始日期 生效日期 启用日期 任职日期 上岗日期 到岗日期 开始时间 起始时间 "
        "生效时间 自 since from start startdate validfrom begin ksrq"
    ),
    "until": (
        "结束日期 终止日期 失效日期 停用日期 离岗日期 截止日期 到期日期 结束时间 终止时间 "
        "截止时间 失效时间 至 until to end enddate validto jsrq"
    ),
    "stands_in_for": (
        "代管 代替 替岗 顶岗 代班 被代替人 被替岗人 代理对象 代谁 standsinfor substitutefor "
        "deputyfor replaces"
    ),
    "official": "是否官方 官方 是否正式 正式 是否法定 official isofficial statutory",
    "former_name": (
        "曾用名 原名 旧名 原名称 旧称 更名前 更名前名称 formername oldname previousname cym"
    ),
}
# What the fields of territory files are called, by field; see `guess`.
SYNONYMS: dict[str, tuple[str, ...]] = {
    field: tuple(words.split()) for field, words in _WORDS.items()
}

IN_BRACKETS = re.compile(r"[(（\[【〔{<《].*?[)）\]】〕}>》]")
NOT_WORDS = re.compile(r"[\W_]+")
# Units and remarks that people write behind a name.
ENDINGS = re.compile(r"(?:必填|选填|单位)$")
SHORTEST_INSIDE = 2  # characters of a word that may be found inside a longer name


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """A name without case, width, brackets and what is in them, stars and signs."""
    words = keyword(name)
    bare = NOT_WORDS.sub("", IN_BRACKETS.sub("", words)) or NOT_WORDS.sub("", words)
    return ENDINGS.sub("", bare) or bare


Fits = Callable[[str, str, Sequence[str]], int]


def guess(columns: Sequence[str], fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Field → column, for the fields where exactly one column fits best.

    Args:
        columns: names as the file has them, each once.
        fields: field → words that mean it, the best first (see `SYNONYMS`); the field's own name
            counts as one.

    Four rounds, surest first: the very word, the word when normalised, a known synonym, a synonym
    inside a longer name.  What is given away in one round is out of the next.
    """
    found: dict[str, str] = {}
    for fits in (_exactly, _normalised, _synonym, _inside):
        free = [column for column in columns if column not in found.values()]
        open_fields = {f: words for f, words in fields.items() if f not in found}
        found |= _one_round(free, open_fields, fits)
    return {field: found[field] for field in fields if field in found}


def _one_round(
    columns: Sequence[str], fields: Mapping[str, Sequence[str]], fits: Fits
) -> dict[str, str]:
    best: dict[str, str] = {}
    for field, words in fields.items():
        scores = {column: score for column in columns if (score := fits(column, field, words))}
        top = [column for column, score in scores.items() if score == max(scores.values())]
        if len(top) == 1:
            best[field] = top[0]
    wanted = list(best.values())
    return {field: column for field, column in best.items() if wanted.count(column) == 1}


def _exactly(column: str, field: str, words: Sequence[str]) -> int:
    return int(column in {field, *words[:1]})


def _normalised(column: str, field: str, words: Sequence[str]) -> int:
    return int(normal(column) in {normal(word) for word in (field, *words[:1])})


def _synonym(column: str, field: str, words: Sequence[str]) -> int:
    return int(normal(column) in {normal(word) for word in (field, *words)})


def _inside(column: str, field: str, words: Sequence[str]) -> int:
    """How long the longest word inside the name is: "所属网格编码" is more than "编码"."""
    name = normal(column)
    inside = (normal(word) for word in (field, *words))
    fitting = (len(word) for word in inside if _long_enough(word) and word in name)
    return max(fitting, default=0)


def _long_enough(word: str) -> bool:
    """Two Chinese characters say something; Latin letters stand in everything until four."""
    return len(word) >= (2 * SHORTEST_INSIDE if word.isascii() else SHORTEST_INSIDE)
