"""The code tables of GB/T 26875.3-2011: commands, types, status bits, operations, analog quantities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ingest.gbt26875.names import Name

CONTROL, SEND_DATA, CONFIRM, REQUEST, ANSWER, DENY = 1, 2, 3, 4, 5, 6
COMMANDS: Final[dict[int, Name]] = {
    CONTROL: Name("控制命令", "control"), SEND_DATA: Name("发送数据", "send data"), CONFIRM: Name("确认", "confirm"),
    REQUEST: Name("请求", "request"), ANSWER: Name("应答", "answer"), DENY: Name("否认", "deny"),
}
TYPES: Final[dict[int, Name]] = {
    1: Name("上传建筑消防设施系统状态", "facility system status"),
    2: Name("上传建筑消防设施部件运行状态", "component run status"),
    3: Name("上传建筑消防设施部件模拟量值", "component analog value"),
    4: Name("上传建筑消防设施操作信息", "facility operation record"),
    5: Name("上传建筑消防设施软件版本", "facility software version"),
    6: Name("上传建筑消防设施系统配置情况", "facility system configuration"),
    7: Name("上传建筑消防设施部件配置情况", "facility component configuration"),
    8: Name("上传建筑消防设施系统时间", "facility clock"),
    21: Name("上传用户信息传输装置运行状态", "transmission device run status"),
    24: Name("上传用户信息传输装置操作信息", "transmission device operation record"),
    25: Name("上传用户信息传输装置软件版本", "transmission device software version"),
    26: Name("上传用户信息传输装置配置情况", "transmission device configuration"),
    28: Name("上传用户信息传输装置系统时间", "transmission device clock"),
    61: Name("读建筑消防设施系统状态", "read facility system status"),
    62: Name("读建筑消防设施部件运行状态", "read component run status"),
    63: Name("读建筑消防设施部件模拟量值", "read component analog value"),
    64: Name("读建筑消防设施操作信息", "read facility operation records"),
    65: Name("读建筑消防设施软件版本", "read facility software version"),
    66: Name("读建筑消防设施系统配置情况", "read facility system configuration"),
    67: Name("读建筑消防设施部件配置情况", "read facility component configuration"),
    68: Name("读建筑消防设施系统时间", "read facility clock"),
    81: Name("读用户信息传输装置运行状态", "read transmission device run status"),
    84: Name("读用户信息传输装置操作信息", "read transmission device operation records"),
    85: Name("读用户信息传输装置软件版本", "read transmission device software version"),
    86: Name("读用户信息传输装置配置情况", "read transmission device configuration"),
    88: Name("读用户信息传输装置系统时间", "read transmission device clock"),
    89: Name("初始化用户信息传输装置", "initialise transmission device"),
    90: Name("同步用户信息传输装置时钟", "set transmission device clock"),
    91: Name("查岗命令", "duty check"),
}


class Bit(NamedTuple):
    """One bit of a status or operation: the event kind it stands for, and what it says when set and when clear.

    Bit 0 of a status (normal run or test) has no kind on purpose: many devices leave it clear in service, so it says
    nothing that can be relied on, and must never hide a fire. ``active`` False: the act ends the condition.
    """

    kind: str
    on: Name
    off: Name
    active: bool = True


def _bits(*bits: tuple[str, str, str, str, str]) -> dict[int, Bit]:
    return {place: Bit(kind, Name(zh, en), Name(zh_off, en_off))
            for place, (kind, zh, en, zh_off, en_off) in enumerate(bits)}


_BOTH = (
    ("", "正常运行", "normal run", "测试", "test"), ("fire_alarm", "火警", "fire", "无火警", "no fire"),
    ("fault", "故障", "fault", "无故障", "no fault"), ("shielded", "屏蔽", "shielded", "无屏蔽", "not shielded"),
    ("supervisory", "监管", "supervisory", "无监管", "not supervisory"),
    ("started", "启动（开启）", "started (on)", "停止（关闭）", "stopped (off)"),
    ("feedback", "反馈", "feedback", "无反馈", "no feedback"),
    ("delay", "延时状态", "delay running", "未延时", "no delay"),
)
SYSTEM_STATUS: Final = _bits(
    *_BOTH, ("mains_fault", "主电故障", "mains power fault", "主电正常", "mains power ok"),
    ("standby_fault", "备电故障", "standby power fault", "备电正常", "standby power ok"),
    ("bus_fault", "总线故障", "bus fault", "总线正常", "bus ok"),
    ("manual_mode", "手动状态", "manual mode", "自动状态", "automatic mode"),
    ("config_changed", "配置改变", "configuration changed", "无配置改变", "configuration unchanged"),
    ("reset", "复位", "reset", "正常", "no reset"))
COMPONENT_STATUS: Final = _bits(*_BOTH, ("mains_fault", "电源故障", "power fault", "电源正常", "power ok"))
DEVICE_STATUS: Final = _bits(
    ("", "正常监视", "normal monitoring", "测试", "test"), *_BOTH[1:3],
    ("mains_fault", "主电故障", "mains power fault", "主电正常", "mains power ok"),
    ("standby_fault", "备电故障", "standby power fault", "备电正常", "standby power ok"),
    ("comm_fault", "与监控中心通信信道故障", "channel to the centre broken", "通信信道正常",
     "channel to the centre ok"),
    ("line_fault", "监测连接线路故障", "line to the monitored panel broken", "监测连接线路正常",
     "line to the monitored panel ok"))
#: Operation bits of types 4 and 24: a manual alarm is a person reporting a fire, and bit 3 ends it.
FACILITY_OPERATION: Final = _bits(
    ("reset", "复位", "reset", "", ""), ("muted", "消音", "mute", "", ""),
    ("fire_alarm", "手动报警", "manual alarm", "", ""), ("fire_alarm", "警情消除", "alarm cleared", "", ""),
    ("test", "自检", "self-test", "", ""), ("acknowledged", "确认", "acknowledge", "", ""),
    ("test", "测试", "test", "", ""))
FACILITY_OPERATION[3] = FACILITY_OPERATION[3]._replace(active=False)
DUTY_ANSWER: Final = 5
DEVICE_OPERATION: Final = {**FACILITY_OPERATION,
                           DUTY_ANSWER: Bit("duty_answer", Name("查岗应答", "duty-check answer"), Name("", ""))}
#: By type: the bits of its status or operation byte.
BITS: Final = {1: SYSTEM_STATUS, 2: COMPONENT_STATUS, 4: FACILITY_OPERATION, 21: DEVICE_STATUS, 24: DEVICE_OPERATION}


#: What a switch input of Fubei 2024 tells when its value is not 0, by the kind of input.
SWITCHES: Final = _bits(("manual_mode", "手动", "manual", "自动", "automatic"),
                        ("mains_fault", "断电", "no power", "通电", "power"),
                        ("started", "启动", "started", "停止", "stopped"),
                        ("fault", "故障", "fault", "正常", "normal"))


@dataclass(frozen=True, slots=True)
class Analog:
    """A quantity of table 'analog types': the raw signed value times ``step`` is in ``unit``.

    ``metric`` is the metric it becomes, ``factor`` brings ``unit`` to the metric's unit; without a metric it is kept
    as a state.
    """

    name: Name
    unit: str
    step: float
    metric: str | None = None
    factor: float = 1.0


ANALOG: Final[dict[int, Analog]] = {
    0: Analog(Name("未用", "unused"), "", 1),
    1: Analog(Name("事件计数", "event count"), "件", 1, "event_count"),
    2: Analog(Name("高度", "height"), "m", 0.01, "water_level"),
    3: Analog(Name("温度", "temperature"), "°C", 0.1, "temperature"),
    4: Analog(Name("压力", "pressure"), "MPa", 0.1, "water_pressure"),
    5: Analog(Name("压力", "pressure"), "kPa", 0.1, "water_pressure", 0.001),
    6: Analog(Name("气体浓度", "gas concentration"), "%LEL", 0.1, "gas_lel"),
    7: Analog(Name("时间", "time"), "s", 1),
    8: Analog(Name("电压", "voltage"), "V", 0.1, "voltage"),
    9: Analog(Name("电流", "current"), "A", 0.1, "current"),
    10: Analog(Name("流量", "flow"), "L/s", 0.1, "flow"),
    11: Analog(Name("风量", "air volume"), "m3/min", 0.1),
    12: Analog(Name("风速", "air speed"), "m/s", 1),
}
#: Electrical-fire detectors whose temperature or current is that of the cable and of the leakage, not of the room.
CABLE_TEMPERATURE_COMPONENTS: Final = frozenset({16, 18})
RESIDUAL_CURRENT_COMPONENTS: Final = frozenset({17})


def command_name(code: int) -> Name:
    """The standard's name of a command, or what kind of number it is."""
    return COMMANDS.get(code) or _other(code, "命令", "command")


def type_name(code: int) -> Name:
    """The standard's name of a type of data unit, or what kind of number it is."""
    return TYPES.get(code) or _other(code, "类型", "type")


def analog_name(code: int) -> Name:
    """The standard's name of an analog quantity, or what kind of number it is."""
    known = ANALOG.get(code)
    return known.name if known else _other(code, "模拟量", "analog quantity")


def _other(code: int, zh: str, en: str) -> Name:
    return Name(f"用户自定义{zh} {code}", f"user-defined {en} {code}") if code >= 128 else Name(
        f"预留{zh} {code}", f"reserved {en} {code}")
