"""Inspection items as a checklist has them, each with the side of a unit that it shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from simulators.city.model import Row

EQUIPMENT, MANAGEMENT, STRUCTURE = "equipment", "management", "structure"


@dataclass(frozen=True)
class Item:
    """One inspection item; ``article`` is the article of 消防法 a penalty for it goes by."""

    code: str
    zh: str
    en: str
    severity: str
    basis: str
    side: str
    article: str


_A16_1, _A16_2, _A16_3, _A16_4, _A16_5, _A16_6 = (f"消防法第十六条第一款第({number})项"
                                                    for number in "一二三四五六")
_A17, _A21, _A26, _A27, _A28 = (f"消防法第{number}条" for number in ("十七", "二十一", "二十六", "二十七", "二十八"))
ITEMS: tuple[Item, ...] = tuple(Item(*row) for row in (
    ("E01", "火灾自动报警系统不能正常运行", "fire alarm system not working", "critical", _A16_2, EQUIPMENT, "60"),
    ("E02", "自动喷水灭火系统管网无水或压力不足", "sprinkler pipes dry or short of pressure",
     "critical", _A16_2, EQUIPMENT, "60"),
    ("E03", "室内消火栓系统压力不足", "indoor hydrant pressure too low", "serious", _A16_2, EQUIPMENT, "60"),
    ("E04", "消防水泵不能启动", "fire pump does not start", "critical", _A16_2, EQUIPMENT, "60"),
    ("E05", "消防水箱水位不足", "water in the fire tank too low", "serious", _A16_2, EQUIPMENT, "60"),
    ("E06", "火灾探测器故障或被屏蔽未及时恢复", "detectors faulty or shielded and not restored",
     "serious", _A16_2, EQUIPMENT, "60"),
    ("E07", "防烟排烟系统不能正常启动", "smoke control does not start", "serious", _A16_2, EQUIPMENT, "60"),
    ("E08", "防火卷帘不能正常降落", "fire shutter does not close", "serious", _A16_2, EQUIPMENT, "60"),
    ("E09", "消防主备电源不能自动切换", "no automatic change to standby power", "serious", _A16_2, EQUIPMENT, "60"),
    ("E10", "应急照明灯具损坏", "emergency lighting broken", "minor", _A16_2, EQUIPMENT, "60"),
    ("E11", "疏散指示标志损坏或缺失", "exit signs broken or missing", "minor", _A16_2, EQUIPMENT, "60"),
    ("E12", "灭火器过期或压力不足", "extinguishers out of date or short of pressure", "minor", _A16_2, EQUIPMENT, "60"),
    ("E13", "消火栓箱内器材缺失", "parts of the hydrant box missing", "minor", _A16_2, EQUIPMENT, "60"),
    ("E14", "电气线路敷设不规范、私拉乱接", "improper electrical wiring", "serious", _A27, EQUIPMENT, "66"),
    ("E15", "电气火灾监控报警未处置", "alarms of electrical monitoring not dealt with", "minor", _A27, EQUIPMENT, "66"),
    ("E16", "燃气管路敷设不符合要求", "gas pipes not as required", "serious", _A27, EQUIPMENT, "66"),
    ("M01", "擅自停用消防设施", "fire protection switched off without leave", "critical", _A28, MANAGEMENT, "60"),
    ("M02", "占用、堵塞、封闭疏散通道或安全出口", "exits or routes blocked or locked",
     "critical", _A28, MANAGEMENT, "60"),
    ("M03", "占用、堵塞、封闭消防车通道", "fire lane blocked", "serious", _A28, MANAGEMENT, "60"),
    ("M04", "消防控制室无人值班或值班人员未持证", "control room unmanned or operators without certificate",
     "serious", _A21, MANAGEMENT, "67"),
    ("M05", "消防设施未按要求全面检测", "yearly test of fire protection not done", "serious", _A16_3, MANAGEMENT, "60"),
    ("M06", "电动自行车在室内停放或充电", "e-bikes parked or charged indoors", "serious", _A28, MANAGEMENT, "60"),
    ("M07", "违规动火作业", "hot work against the rules", "critical", _A21, MANAGEMENT, "63"),
    ("M08", "接到整改通知后不及时消除火灾隐患", "hazard not removed after notice", "serious", _A16_5, MANAGEMENT, "60"),
    ("M09", "未确定消防安全管理人", "no fire-safety manager named", "minor", _A16_1, MANAGEMENT, "67"),
    ("M10", "消防安全制度、操作规程不健全", "fire-safety rules incomplete", "minor", _A16_1, MANAGEMENT, "67"),
    ("M11", "未开展消防安全培训", "no fire-safety training", "minor", _A17, MANAGEMENT, "67"),
    ("M12", "未组织灭火和应急疏散演练", "no drill", "minor", _A16_6, MANAGEMENT, "67"),
    ("M13", "防火巡查检查记录不全", "patrol records incomplete", "minor", _A17, MANAGEMENT, "67"),
    ("M14", "消防档案不健全", "fire-safety file incomplete", "minor", _A17, MANAGEMENT, "67"),
    ("M15", "厨房排油烟道未定期清洗", "kitchen flue not cleaned", "minor", _A16_5, MANAGEMENT, "67"),
    ("S01", "公众聚集场所未经消防安全检查擅自营业", "opened without the fire-safety check",
     "critical", "消防法第十五条", STRUCTURE, "58"),
    ("S02", "安全出口数量不足", "too few exits", "critical", _A16_4, STRUCTURE, "60"),
    ("S03", "疏散宽度不足", "exits too narrow", "serious", _A16_4, STRUCTURE, "60"),
    ("S04", "使用易燃可燃材料装修", "combustible lining", "serious", _A26, STRUCTURE, "60"),
    ("S05", "防火分区被破坏、防火分隔不到位", "compartment broken", "serious", _A16_4, STRUCTURE, "60"),
    ("S06", "使用彩钢板搭建且芯材可燃", "sandwich panels with combustible core", "serious", _A26, STRUCTURE, "60"),
    ("S07", "生产、储存、经营场所与居住场所合用", "dwelling within workshop, store or shop",
     "critical", "消防法第十九条", STRUCTURE, "61"),
    ("S08", "外窗设置影响逃生的障碍物", "bars on escape windows", "serious", _A28, STRUCTURE, "60"),
    ("S09", "常闭式防火门处于开启状态", "normally closed fire door kept open", "minor", _A16_4, STRUCTURE, "60"),
    ("S10", "防火门闭门器损坏", "fire-door closer broken", "minor", _A16_4, STRUCTURE, "60"),
    ("S11", "管道井防火封堵不严", "shafts not sealed", "minor", _A16_4, STRUCTURE, "60"),
))
BY_SEVERITY = {severity: tuple(item for item in ITEMS if item.severity == severity)
               for severity in ("critical", "serious", "minor")}


# As cities publish their item lists.
_PUBLISHED = {"inspecting_body": "消防救援机构", "objects": "消防安全重点单位、一般单位", "method": "现场检查",
              "ratio": "人员密集重点单位 100%，其他重点单位不低于 80%，一般单位不低于 20%",
              "frequency": "人员密集重点单位每年不少于 1 次"}


def item_rows() -> list[Row]:
    """Rows of ``inspection_items``."""
    return [{"item_code": item.code, "valid_from": dt.date(2019, 1, 1), "valid_to": None, "name_zh": item.zh,
             "name_en": item.en, "category": "general" if item.severity == "minor" else "key",
             "severity": item.severity, "basis": item.basis, **_PUBLISHED} for item in ITEMS]
