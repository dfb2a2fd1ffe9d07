"""What a simulated year's figures are called and how they are written, in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass

from sampling.years.comparing import Comparison, Estimate, Side
from sampling.years.course import DRAW, POLICIES


@dataclass(frozen=True)
class Figure:
    """A figure's names, how it is written, what it is multiplied by, and its unit."""

    zh: str
    en: str
    form: str = ",.0f"
    factor: float = 1.0
    unit: str = ""

    def name(self, language: int) -> str:
        return (self.zh, self.en)[language]


FIGURES = {
    "visits": Figure("检查（次）", "visits"),
    "hazards": Figure("发现隐患（处）", "hazards found"),
    "per_100": Figure("每百次发现", "found per 100 visits", ".1f"),
    "units_with_hazard": Figure("发现隐患的单位（家）", "units with a hazard found"),
    "found_of_new": Figure("年内新增隐患被发现", "hazards of the year found", ".1f", 100, "%"),
    "days_stood": Figure("每家隐患存在日数", "hazard days a unit", ".1f"),
    "delay_mean": Figure("出现到发现（日，均值）", "days until found, mean", ".1f"),
    "delay_median": Figure("出现到发现（日，中位数）", "days until found, median", ".1f"),
    "duty_share": Figure("人员密集重点单位已查", "crowded key units visited", ".1f", 100, "%"),
    "duties_missed": Figure("其中应查未查（家）", "of them missed, units", ",.1f"),
    "ratios_met": Figure("达到比例的类别", "class ratios met", ".0f", 100, "%"),
    "cap_breaches": Figure("超出次数上限（次）", "visits beyond the cap", ",.1f"),
    "capacity_used": Figure("力量使用率", "capacity used", ".1f", 100, "%"),
    "unassigned": Figure("抽中而无人可派（次）", "drawn without officers", ",.1f"),
    "load_min": Figure("每人检查最少（次）", "visits an officer, least"),
    "load_median": Figure("每人检查中位数（次）", "visits an officer, median"),
    "load_max": Figure("每人检查最多（次）", "visits an officer, most")}


def value(name: str, told: Estimate, sign: str = "") -> str:
    figure = FIGURES[name]
    return f"{told.value * figure.factor:{sign}{figure.form}}{figure.unit}"


def interval(name: str, told: Estimate, sign: str = "") -> str:
    """The interval, or nothing where there is none."""
    if told.low is None or told.high is None or told.low == told.high:
        return ""
    figure = FIGURES[name]
    return f"{told.low * figure.factor:{sign}{figure.form}} – {told.high * figure.factor:{sign}{figure.form}}"


def column(found: Comparison, side: Side, language: int) -> str:
    """What a policy or a set of rules tried is called."""
    if side.variant == found.variants[0].name:
        return POLICIES[side.policy][language]
    return f"{POLICIES[DRAW][0]}：{side.variant}" if language == 0 else f"the draw with {side.variant}"
