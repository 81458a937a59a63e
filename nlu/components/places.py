"""Where: the longest contiguous place phrase of a text, found by the endings of Chinese names.

A name is read leftwards from its ending (路, 小区, 村 …) to the first word that cannot belong to
it; neighbouring names, numbers and words like 对面 are joined. Generic words alone (小区, 楼下) are
no place: nobody could go there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nlu.components.place_spread import bounds, is_anchored, spread

_HAN = "\u4e00-\u9fff"
# Endings that make a place once a name of its own stands before them.
_STRONG = (
    "大道|大街|胡同|横街|横路|环路|公路|国道|省道|县道|高速|高架|立交桥|立交|大桥|天桥|隧道|道路|步行街|商业街|一条街|"
    "[东西南北中][一二三四五]?路(?![灯面人况过费程障])|路(?![灯面人况过费程障])|街道|街|巷|弄|里弄|桥|小区|花园|花苑|家园|家苑|嘉苑|公寓|新村|名苑|华苑|豪庭|华庭|雅苑|雅居|山庄|别墅|"
    "新城|广场(?!舞)|大厦|大楼|商城|商厦|商场|购物中心|市场|工业园|产业园|科技园|园区|开发区|校区|院区|厂区|学校|小学|中学|大学|学院|学府|幼儿园|一中|二中|"
    "医院|卫生院|卫生室|卫生所|公园|景区|汽车站|客运站|火车站|高铁站|地铁站|公交站|服务站|收费站|加油站|机场|码头|派出所|"
    "管理局|政府|服务中心|政务中心|文化中心|体育馆|体育场|图书馆|宾馆|酒店|社区|镇|乡|村委会|居委会|自然村|村(?!民|干部|长|书记)|(?<=..)村|屯|庄|寨|水库|海滩|沙滩|湖|河|岛|"
    "名城|名都|名邸|名门|水岸|半岛|国际|世家|府邸|嘉园|佳园|丽园|新苑|家属院|大院|公馆|天地|海岸|东里|西里|南里|北里|中心|(?<=[^老新主旧各城])市区|物流园|建材城|墟|坊|湾|教堂|祠堂|宗祠|清真寺|农场|林场|渡口|陵园|殡仪馆|看守所|检察院|法院|院(?!子|长|方)|苑|园(?!林|长)|城(?!管|市|镇|建|乡)|府|庭|邸|阁|轩"
)
# Endings of shops and sites: they only continue a place, or stand with a real name of their own.
_WEAK = (
    "(?:车管|工商|税务|国税|地税|司法|房管|国土|社保|就业|水务|供电|供水|消防|公安|交警|民政|教育|环保|城管|卫生|质监|住建|规划|房产|交通|林业|农业|海洋|旅游|气象|海事)(?:局|所|大队|支队|中队|中心)|"
    "超市|饭店|餐厅|餐馆|酒楼|酒吧|烧烤店|烧烤|大排档|食堂|网吧|KTV|ktv|药店|药房|诊所|银行|支行|公司|工厂|厂|工地|项目部|项目|驾校|"
    "停车场|停车库|车库|售楼部|营业厅|宿舍|仓库|店|馆|站台|站牌|站点|站|楼盘|菜场|菜市场|菜市|市集|煲|面馆|火锅|茶楼|会所|健身房|"
    "公交站台|公交站|一期|二期|三期|四期|五期|[东西南北]区|[东西南北]苑|[东西南北]门|[A-Da-d]区|[一二三四五六七八九十\\d]+(?:期|队|组|社)"
)
_NUMBER = (
    r"(?:[A-Za-z]?\d+(?:-\d+)*|[一二三四五六七八九十]+|[A-Za-z])(?:号楼|号院|号门|号店|号房|号(?![早上中下晚]|线)|栋|幢|座|单元|楼|层|室|房|弄|巷|区)"
    r"(?:[\dA-Za-z]{1,5}(?:室|房|铺)|\d{3,4}(?!\d))?"
)
_LINE = (
    r"(?:(?:地铁|轨道)\d{1,2}号线|\d{1,2}号线|(?:[KkBb]|夜|快|游|专)?\d{1,3}[A-Za-z]?路(?:公交车?|车|站|线)?|"
    r"[GSX]\d{2,4}(?:国道|省道|县道|高速)?|\d{3}(?:国道|省道|县道))(?:[\u4e00-\u9fff]{1,6}?站)?"
)
_TAIL = (
    "(?:[小侧]门口|交叉路?口|一侧|交汇处|交界处|交接处|十字路口|丁字路口|红绿灯路?口|路口|路段|段|正对面|斜对面|对面|门口|大门口|门前|门外|旁边|旁|附近|周边|周围|一带|沿线|沿路|两侧|两边|"
    "楼下|楼上|里面|内|后面|背后|前面|前|后门|侧门|正门|大门|南门|北门|东门|西门|入口处?|出口处?|口|拐弯处|转角处?|中间|处|底下|桥下|"
    "往?[东西南北](?:侧|面|边|向|方向|往?[东西南北])(?:\\d+米)?(?:左右|处)?|\\d+米(?:左右)?(?:处)?|地下室|地下车库|停车场|公交车?站[台牌]?|车站|站(?![着在起立岗队出不])|人行道|非机动车道|楼顶|天台|电梯口|电梯间|单元门口?|巷子里?|路边|住院部|门诊部|急诊科|高中部|初中部|尾端|[上下]桥口?|位置|地址(?=在|的|是|,|$)|"
    "(?:的|(?<=[旁近边前后面]))(?:个|处)?(?:施工|拆迁|建筑)?工地|(?<=的)(?:这边|那边|道路|路段|铺面|小巷|巷子|绿化带|"
    "[^了不没有是在被,.。的]{0,6}?(?:停车[区场位点]|人行道|非机动车道|路口|铺面|门口))|这边|里)"
)
_GAP = re.compile(
    r"[ ]?|[ ]*[、()-][ ]*|的|与|和|跟|及|到|至|往|去|回|~|—|靠近?|近|临近|上的?|里的?|里面的?|附近的?|对面的?|旁边?的?|门口的?|下面的?|方向的?|往[东西南北]?|段的?|拐进|拐到|隔壁的?|后面的?|前面的?|[(]|[)]"
)
_SUFFIX = re.compile(f"(?:{_STRONG})*(?P<strong>{_STRONG})|(?P<weak>{_WEAK})")
_FIXED = re.compile(f"(?P<line>{_LINE})|(?P<number>{_NUMBER})")
_TAIL_AT = re.compile(f"(?:的|[ ])?{_TAIL}")
# Characters that no name holds, except inside the words of _KEEP.
_STOP_CHARS = frozenset(
    "在于位是的了和与及我你您他她它其们这那有从到去来往由经被把将向对就也都又还很太没不请让叫给说称住为因且但而等时间者该此何谁哪吗呢吧啊着"
)
_KEEP = re.compile(
    r"[^路街道巷村区园苑城口楼号桥站厦店场院校,、 ]和(?=[苑园府庭坊阁轩]|家园|花苑|嘉苑|雅苑|公寓|名苑)|和平|和谐|和睦|和兴|和美|和悦|颐和|祥和|中和|太和|永和|人和|义和|雍和|公和|太[平阳古湖子仓康原行白]|大有|都市|[成新花江帝丰于首古]都|名都|来[福凤宾安广龙]|经[开济纬十一二三四五六七八九]|"
    r"将军|向[阳荣]|于[家洪庄]|从化|为民|不夜|自由|让胡路|天地|天[和都]|时代|时光|时尚|新时|兴和|福来|凯旋|对山|中间|有色|华侨|长江|为公|地王|友谊|该园|其昌|对外|外经|悦来|东来|喜来登|未来|蓬莱|都汇|汇都|我家(?=园|小区)|往返|爱和|仁和|谐和|家和|万和|元和|泰和|顺和|三和|同和|合和|贤和|龙和|清和|嘉和|春和|瑞和|安和|德和|景和|城和|时珍|人间|会展|交通|交警|开[元发]|正[大阳东西南北]|同[德心济仁福泰安兴]|无锡|能源|[出进]口(?=[路街])|办事处|建[国设华业军新民]|回[龙民迁]|停车场|走[廊马]|看守所|用友|当[阳涂]|空间|世间|有限"
)
_STOP_WORDS = re.compile(
    "投诉|反映|反应|举报|咨询|来电|表示|现在|目前|家住|市民(?!中心|广场|公园|之家)|居民|业主|希望|建议|关于|因为|由于|经过|路过|开车|驾车|乘坐|坐|购买|买|入住|住宿|发现|看到|听说|"
    "请问|想问|一下|需要|要求|造成|导致|影响|准备|打算|通过|根据|一个|一家|一些|几个|许多|很多|多个|各个?|所有|全部|整个|每个|这个|那个|某个|某|自己|本人|我们|咱们|咱|俺|"
    "家附近|家门口|我家|家里|楼下|楼上|隔壁|门口|旁边|对面|附近|里面|路上|地点|地址|位置|改成|改为|换成|应该|不对|没有|要|会|能|可以|已经?|正|才|再|只|刚|当|每|同一|并|却|"
    "修建|新建|在建|建设|施工|修|挖|拆(?!迁)|建|开的|进行|堵|停|走|跑|进|出|回|上班|下班|上学|放学|办理|办|交|缴|买了|吃|喝|看|打|找|问|开|用|做|使|无|非|多次|长期|"
    "公交车?坐?到|个|条|处|家(?=[^园苑乐村庄屯湾沟桥巷弄宅营店坝坪岭塘渡铺寨集堡窑港渠浜墩山河路岗坡圈台和])|一路(?=[上堵走开跑来都颠很])|号线|(?<=[0-9一二三四五六七八九十几今去前])(?:年|月|日|点|分)|早上|晚上|上午|下午|中午|夜里|半夜|凌晨|每天|昨天|今天|昨晚|前天|事情|问题|情况|叫做|名叫|"
    "[!?。,;:…\"'“”《》<>【】\\[\\]{}|/\\\\]"
)
_GENERIC = re.compile(
    "(?:大|小|老|新|旧|本|全|整|整个|公|城|乡|村|农村|民办|公办|私立|公立|学校|小区|中学|小学|住宅|居民|居住|商业|商务|楼|街|马|机动车|非机动车|人行|人|车|铁|"
    "便利|快捷|连锁|烧烤|火锅|理发|美容|早餐|餐饮|饭|菜|药|水果|五金|建材|服装|鞋|手机|奶茶|小吃|面|面包|蛋糕|批发|零售|宠物|洗车|修车|汽修|汽车|维修|棋牌|健身|化工|化|食品|"
    "塑料|养殖|加油|充电|公厕|停车|地下|水泥|泥|土|沙|柏油|石子|进村|出村|通村|主|辅|主干|沿|一|半|两|多|这条|那条|整条|条|修|堵|上|下|回|带|绕|过|让|断头|岔|单行|双向|盲|"
    "山|城市|市政|乡村|环|内|外|里|电|网|线|活|后|退|死|生|顺|同|铺|养老|培训|补习|门诊|医|卫生|幼儿|儿童|老年|文化|体育|综合|中心|在建|违章|原|附近|隔壁|邻|二手|海鲜|小商品|"
    "我们|他们|家庭|社区|街道|物业|开发商|政府|县|市|区|镇|省|三甲|社会|当地|外地|本地|全市|某|各|蔬菜|农贸|综合|大型|高档|五星级|开放|广|工业|高新|经济|旅游|自然|生态|休闲|法|检察|敬老|福利|剧|影|研究|市|服务|购物|政务|便民|电信|台|学|动物|植物|果|菜|田|家|校|宠物|康复|检测|管理|活动)*"
)
_MAX_NAME = 10
_LONGEST_ADDRESS = 70
_IN_ADDRESS = frozenset(" _-#,、()/.&+*~:'·")
_WRITTEN = re.compile(
    "^(?:.{2,8}?(?:省|自治区))?.{2,7}?[市州盟].{1,8}?[区县市旗镇乡道]|^.{1,6}?(?<![小社校园片景])[区县镇].+[路街道巷村]|[路街道巷弄村苑园区城庄厦]\\d|\\d+(?:号|幢|栋|弄|室)"
)
# A name without a known ending is a place when one of these follows: 省地震局大门口, 金盘技校对面.
_NAMED_TAIL = re.compile(
    "大门口|正门口|门口|公交车?站[台牌]?|站台|站牌|斜对面|正对面|对面|附近|旁边|侧面|背后|一侧"
)
_NAMED_END = re.compile(
    "[局院校所站部司店厂场馆库楼厦城行社处厅宫寺庙塔港桥苑园村团队寨庄府中专]$|铺面$|第?[一二三四五六七八九十]小$"
)
_NAMED_LEAST, _NAMED_MOST = 3, 13
_VAGUE = re.compile(
    "(?:[一二三四五六七八九十两这那某各每几]?[个家所条间座栋])?(?:自|自己|大|小|新|老|本|某|前|后|东|西|南|北|旁|路|街)?"
    "(?:家|家里|家门|门|小区|学校|单位|公司|厂子?|店|店铺|商铺|超市|市场|菜市?场|村|村子|村里|银行|医院|楼|楼道|电梯|房子|车|车库|停车场|"
    "公交|地铁|路|马路|街|公园|广场|商场|酒店|饭店|幼儿园|小学|中学|大学|校|物业|厕所|公厕|垃圾站|工地|学区|社区|居民楼|宿舍|公交车?站?|"
    "红绿灯|路口|十字路口|住宅|住宅区|居民区|桥|河|湖|网吧|药店|餐馆|政府|派出所|车站|地铁站|巷子|胡同|校门|单元门?|大门|入口|出口)*(?:的|里|外)?"
)
_NO_NAME = re.compile(f"(?:{_NUMBER})+|{_VAGUE.pattern}")
# Offices that handle a matter more often than they are the place of it.
_OFFICE = re.compile(
    "(?:派出所|街道办|街道办事处|政府|公司|大队|支队|委员会|环卫|法院|计生委|数字城|[^路街]{2}局|村委会|居委会|物业|管理中心|服务中心|第?[一二三四五六七八九十]+中学|学校)(?:告知|答复|处理)?$"
)
_DISTRICT_HEAD = re.compile("^.{1,6}?[区县市]")
_SHORT_NAME = re.compile(
    "(?:十字|丁字|三岔|公共|夹缝|专卖|更换|断头|.)?(?:[路街村城府院园苑湖河岛庄镇乡湾坊屯店厂里]|道路|路口|路上)上?"
)
_DOOR = re.compile(r"[路街巷弄道苑区园村庭城]\d+(?:-\d+)?(?:号|弄|幢|栋)")
_BARE_NAME = 4
_PREDICATE = re.compile(
    "[了没不很太坏吵臭脏乱堵漏断响闹被把着过吗呢吧]|有人|有个|没人|投诉|扰民|噪音|油烟|积水|违停|占道|施工|拖欠|处理|反映|收费|"
    "停[水电气工]|噪声|扬尘|喇叭|翘|绊|裂|塌|掉|冒|滑|摔|响|喊|放到|到晚|漏|淹|熏"
)
_SITE_END = re.compile(f"(?:{_STRONG}|{_WEAK}|{_TAIL})$")


class PlaceFinder:
    """Finds place phrases in folded texts."""

    def find(
        self,
        text: str,
        districts: Iterable[tuple[int, int]] = (),
        times: Iterable[tuple[int, int]] = (),
    ) -> list[tuple[int, int]]:
        """Give the spans of place phrases: those with a door number first, then the longest.

        `districts` are the spans that the gazetteer knows (a phrase may begin with one),
        `times` those that tell a time and therefore no place.
        """
        busy = {i for start, end in times for i in range(start, end)}
        hard = bounds(text) | busy
        if whole := _whole_address(text, hard):
            return [whole]
        stops = _stops(text) | busy
        districts = sorted(districts)
        units = self._units(text, districts, stops, busy, hard)
        phrases = [_extend(text, *span) for span in _join(text, units)]
        phrases = [_whole_answer(text, span, hard) for span in phrases]
        phrases = [_extend(text, *span) for span in spread(text, phrases, hard)]
        phrases = [_whole_answer(text, span, hard) for span in phrases]
        ranked = sorted(
            phrases, key=lambda span: (not _has_door(text, *span), span[0] - span[1], span[0])
        )
        return [*ranked[:1], *_further(text, ranked, set(districts))]

    def _units(
        self,
        text: str,
        districts: list[tuple[int, int]],
        stops: set[int],
        busy: set[int],
        hard: set[int],
    ) -> list[tuple[int, int, bool]]:
        """Names and numbers with whether each is a place by itself, in order."""
        units = [(start, end, True) for start, end in districts]
        taken = {i for start, end in districts for i in range(start, end)}
        for match in _FIXED.finditer(text):
            if not busy.intersection(range(*match.span())) and not taken.intersection(
                range(*match.span())
            ):
                units.append(
                    (*match.span(), match.lastgroup == "line" and match.end() - match.start() > 2)
                )
                taken.update(range(*match.span()))
        for match in _SUFFIX.finditer(text):
            start = _name_start(match.start(), stops | taken)
            if match.end() - 1 in taken or match.end() - start < 2:
                continue
            units.append((start, match.end(), _is_named(text, start, match)))
            taken.update(range(start, match.end()))
        named = {i for start, end, own in units if own for i in range(start, end)}
        for start, end in _tailed(text, named, hard):
            units = [u for u in units if u[1] <= start or end <= u[0]]
            units.append((start, end, True))
        return sorted(units)


def _tailed(text: str, taken: set[int], hard: set[int]) -> list[tuple[int, int]]:
    """Names that only a word like 门口 shows to be a place, with that word left out."""
    found = []
    for match in _NAMED_TAIL.finditer(text):
        start = match.start()
        while start > 0 and start - 1 not in hard and start - 1 not in taken:
            start -= 1
        name = text[start : match.start()]
        if taken.intersection(range(*match.span())) or _NO_NAME.fullmatch(name):
            continue
        is_stop = match.group().endswith(("站", "台", "牌"))
        follows = start > 0 and start - 1 in taken
        if not is_stop and not follows and not _NAMED_END.search(name):
            continue
        least = 2 if is_stop else _NAMED_LEAST
        if least <= len(name) <= _NAMED_MOST and not _PREDICATE.search(name):
            found.append((start, match.end() if is_stop else match.start()))
    return found


def _further(
    text: str, ranked: list[tuple[int, int]], districts: set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The phrases after the first that add to it: no repetition, no bare district, no office."""
    kept: list[tuple[int, int]] = []
    for start, end in ranked[1:]:
        words = text[start:end]
        said = any(words in text[a:b] and a < start for a, b in [*ranked[:1], *kept])
        if said or (start, end) in districts or _is_office(words):
            continue
        if not _SHORT_NAME.fullmatch(words):
            kept.append((start, end))
    return kept


def _whole_address(text: str, hard: set[int]) -> tuple[int, int] | None:
    """Take a message without a verb that names a door or floor as an address, to its last character."""
    end = len(text.rstrip(" ,.。!"))
    start = len(text) - len(text.lstrip(" "))
    others = [i for i in hard if start <= i < end and text[i] not in _IN_ADDRESS]
    if others or not start < end <= start + _LONGEST_ADDRESS or not _WRITTEN.search(text):
        return None
    return start, end


def _is_office(words: str) -> bool:
    name = _DISTRICT_HEAD.sub("", words)
    return _OFFICE.search(name) is not None and not is_anchored(name[:-3])


def _stops(text: str) -> set[int]:
    stops = {
        i
        for i, char in enumerate(text)
        if char in _STOP_CHARS or not (char.isalnum() or char in "-#")
    }
    for match in _STOP_WORDS.finditer(text):
        stops.update(range(*match.span()))
    for match in _KEEP.finditer(text):
        stops.difference_update(range(*match.span()))
    return stops


def _name_start(end: int, stops: set[int]) -> int:
    start = end
    while start > 0 and end - start < _MAX_NAME and start - 1 not in stops:
        start -= 1
    return start


def _is_named(text: str, start: int, match: re.Match[str]) -> bool:
    body = text[start : match.start(match.lastgroup or 0)]
    if _GENERIC.fullmatch(body):
        return False
    return len(body) >= (1 if match.lastgroup == "strong" else 2)


def _join(text: str, units: list[tuple[int, int, bool]]) -> list[tuple[int, int]]:
    """Join neighbours; a group without any place of its own is dropped."""
    groups: list[list[tuple[int, int, bool]]] = []
    for unit in units:
        if groups and _touches(text, groups[-1][-1][1], unit[0]):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return [
        (group[0][0], group[-1][1])
        for group in groups
        if any(own for _, _, own in group) or _numbered(text, group)
    ]


def _touches(text: str, left: int, right: int) -> bool:
    gap = text[left:right]
    if _GAP.fullmatch(gap):
        return True
    tail = _TAIL_AT.match(text, left, right)
    return tail is not None and _GAP.fullmatch(text, tail.end(), right) is not None


def _numbered(text: str, group: list[tuple[int, int, bool]]) -> bool:
    """Whether a group of numbers alone tells a door: 3幢2单元, 13号楼."""
    phrase = text[group[0][0] : group[-1][1]]
    return re.search(r"\d+(?:号楼|栋|幢|座)|单元\d|\d+单元|\d+弄|\d{3,4}[室房]", phrase) is not None


def _has_door(text: str, start: int, end: int) -> bool:
    """Whether a phrase names a road or estate and a door in it: 江南大道588号."""
    return _DOOR.search(text, start, end) is not None


def _extend(text: str, start: int, end: int) -> tuple[int, int]:
    while tail := _TAIL_AT.match(text, end):
        end = tail.end()
    return start, end


def _whole_answer(text: str, span: tuple[int, int], hard: set[int]) -> tuple[int, int]:
    """Take a short message that only names a place as a whole: 文二路 老王烧烤."""
    start, end = span
    rest = text[end:].rstrip(" 。.!,")
    if start > 6 or len(text) > 30 or not rest or len(rest) > 12:
        return start, end
    if any(i in hard and text[i] not in "的 " for i in range(end, end + len(rest))):
        return start, end
    if rest.startswith("的") or _PREDICATE.search(rest) or re.search(r"[,。;!?]", rest):
        return start, end
    if len(rest.strip()) > _BARE_NAME and not _SITE_END.search(rest):
        return start, end
    return start, end + len(rest)
