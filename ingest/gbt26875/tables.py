"""The code tables of GB/T 26875.3-2011: status bits, operations, systems, components and analog quantities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Bit 0 (1 normal run, 0 test) is left out on purpose: many devices leave it at 0 in service, so it says nothing that
# can be relied on, and must never hide a fire.
SYSTEM_STATUS: Final[dict[int, str]] = {
    1: "fire_alarm", 2: "fault", 3: "shielded", 4: "supervisory", 5: "started", 6: "feedback", 7: "delay",
    8: "mains_fault", 9: "standby_fault", 10: "bus_fault", 11: "manual_mode", 12: "config_changed", 13: "reset",
}
COMPONENT_STATUS: Final[dict[int, str]] = {
    1: "fire_alarm", 2: "fault", 3: "shielded", 4: "supervisory", 5: "started", 6: "feedback", 7: "delay",
    8: "mains_fault",
}
DEVICE_STATUS: Final[dict[int, str]] = {
    1: "fire_alarm", 2: "fault", 3: "mains_fault", 4: "standby_fault", 5: "comm_fault", 6: "line_fault",
}
#: Operation bits of types 4 and 24 as (kind, active): a manual alarm is a person reporting a fire, and bit 3 ends it.
FACILITY_OPERATION: Final[dict[int, tuple[str, bool]]] = {
    0: ("reset", True), 1: ("muted", True), 2: ("fire_alarm", True), 3: ("fire_alarm", False), 4: ("test", True),
    5: ("acknowledged", True), 6: ("test", True),
}
DEVICE_OPERATION: Final[dict[int, tuple[str, bool]]] = {**FACILITY_OPERATION, 5: ("duty_answer", True)}


@dataclass(frozen=True, slots=True)
class Analog:
    """A quantity of table 'analog types': the raw signed value times ``step`` is in ``unit``.

    ``metric`` is the metric it becomes, ``factor`` brings ``unit`` to the metric's unit; without a metric it is kept
    as a state.
    """

    zh: str
    unit: str
    step: float
    metric: str | None = None
    factor: float = 1.0


ANALOG: Final[dict[int, Analog]] = {
    1: Analog("事件计数", "", 1, "event_count"),
    2: Analog("高度", "m", 0.01, "water_level"),
    3: Analog("温度", "°C", 0.1, "temperature"),
    4: Analog("压力", "MPa", 0.1, "water_pressure"),
    5: Analog("压力", "kPa", 0.1, "water_pressure", 0.001),
    6: Analog("气体浓度", "%LEL", 0.1, "gas_lel"),
    7: Analog("时间", "s", 1),
    8: Analog("电压", "V", 0.1, "voltage"),
    9: Analog("电流", "A", 0.1, "current"),
    10: Analog("流量", "L/s", 0.1, "flow"),
    11: Analog("风量", "m3/min", 0.1),
    12: Analog("风速", "m/s", 1),
}
#: Electrical-fire detectors whose temperature or current is that of the cable and of the leakage, not of the room.
CABLE_TEMPERATURE_COMPONENTS: Final = frozenset({16, 18})
RESIDUAL_CURRENT_COMPONENTS: Final = frozenset({17})

SYSTEMS: Final[dict[int, str]] = {
    0: "通用", 1: "火灾报警系统", 10: "消防联动控制器", 11: "消火栓系统", 12: "自动喷水灭火系统",
    13: "气体灭火系统", 14: "水喷雾灭火系统（泵启动方式）", 15: "水喷雾灭火系统（压力容器启动方式）",
    16: "泡沫灭火系统", 17: "干粉灭火系统", 18: "防烟排烟系统", 19: "防火门及卷帘系统", 20: "消防电梯",
    21: "消防应急广播", 22: "消防应急照明和疏散指示系统", 23: "消防电源", 24: "消防电话",
}
COMPONENTS: Final[dict[int, str]] = {
    0: "通用", 1: "火灾报警控制器", 10: "可燃气体探测器", 11: "点型可燃气体探测器", 12: "独立式可燃气体探测器",
    13: "线型可燃气体探测器", 16: "电气火灾监控报警器", 17: "剩余电流式电气火灾监控探测器",
    18: "测温式电气火灾监控探测器", 21: "探测回路", 22: "火灾显示盘", 23: "手动火灾报警按钮", 24: "消火栓按钮",
    25: "火灾探测器", 30: "感温火灾探测器", 31: "点型感温火灾探测器", 32: "点型感温火灾探测器（S型）",
    33: "点型感温火灾探测器（R型）", 34: "线型感温火灾探测器", 35: "线型感温火灾探测器（S型）",
    36: "线型感温火灾探测器（R型）", 37: "光纤感温火灾探测器", 40: "感烟火灾探测器", 41: "点型离子感烟火灾探测器",
    42: "点型光电感烟火灾探测器", 43: "线型光束感烟火灾探测器", 44: "吸气式感烟火灾探测器", 50: "复合式火灾探测器",
    51: "复合式感烟感温火灾探测器", 52: "复合式感光感温火灾探测器", 53: "复合式感光感烟火灾探测器",
    61: "紫外火焰探测器", 62: "红外火焰探测器", 69: "感光火灾探测器", 74: "气体探测器",
    78: "图像摄像方式火灾探测器", 79: "感声火灾探测器", 81: "气体灭火控制器", 82: "消防电气控制装置",
    83: "消防控制室图形显示装置", 84: "模块", 85: "输入模块", 86: "输出模块", 87: "输入/输出模块", 88: "中继模块",
    91: "消防水泵", 92: "消防水箱", 95: "喷淋泵", 96: "水流指示器", 97: "信号阀", 98: "报警阀", 99: "压力开关",
    101: "阀驱动装置", 102: "防火门", 103: "防火阀", 104: "通风空调", 105: "泡沫液泵", 106: "管网电磁阀",
    111: "防烟排烟风机", 113: "排烟防火阀", 114: "常闭送风口", 115: "排烟口", 116: "电控挡烟垂壁",
    117: "防火卷帘控制器", 118: "防火门监控器", 121: "警报装置",
}


def system_name(code: int) -> str:
    """The standard's name of a system type, or what kind of number it is."""
    return SYSTEMS.get(code) or (f"用户自定义系统 {code}" if code >= 128 else f"预留系统 {code}")


def component_name(code: int) -> str:
    """The standard's name of a component type, or what kind of number it is."""
    return COMPONENTS.get(code) or (f"用户自定义部件 {code}" if code >= 128 else f"预留部件 {code}")
