"""Why one unit has its probability in a frame, or is left out and until when. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sampling.frames import View
from sampling.story import Chapter, Frame
from sampling.words import EXCLUSIONS

_ARMS = {"duty": ("必查", "duty arm"), "random": ("随机", "random arm"), "targeted": ("定向", "targeted arm")}


def unit_story(frame: Frame, unit_no: str) -> Chapter | None:
    """The chapter of a unit, None where the frame does not have it."""
    view = View(frame)
    at = view.find(unit_no)
    if at is None:
        return None
    unit = view.row(at)
    quota = next(row for row in frame["quotas"] if row["group"] == unit["group"] and row["risk_class"] == unit["class"])
    score = ("无评分", "no score") if unit["score"] is None else (
        f"评分{unit['score']:.1f}", f"score {unit['score']:.1f}")
    last = (f"，最近一次{unit['last']}", f", the latest on {unit['last']}") if unit["last"] else ("", "")
    zh = [f"{unit['class']}级，{score[0]}；本年已查{unit['visits']}次{last[0]}；分层{unit['stratum']}。"]
    en = [f"Class {unit['class']}, {score[1]}; {unit['visits']} visits this year{last[1]}; stratum {unit['stratum']}."]
    numbers: dict[str, Any] = {"class": unit["class"], "score": unit["score"], "excluded": unit["excluded"],
                               "until": until(frame, unit), "p_total": unit["p_total"], "arms": {}}
    if unit["excluded"] is not None:
        _left_out(unit, numbers["until"], zh, en)
    else:
        for arm, row in _arms(frame, unit, quota).items():
            numbers["arms"][arm] = row
            zh.append(f"{_ARMS[arm][0]}：{row['why'][0]}，层内{row['units']}家期望{row['expected']:.3f}次，"
                      f"概率{row['p']:.4%}。")
            en.append(f"{_ARMS[arm][1]}: {row['why'][1]}; {row['expected']:.3f} visits expected among {row['units']} "
                      f"units of the stratum: probability {row['p']:.4%}.")
        zh.append(f"合计当日被检查的概率{unit['p_total']:.4%}。")
        en.append(f"In all it is visited today with probability {unit['p_total']:.4%}.")
    return Chapter("unit", (unit_no, unit_no), tuple(zh), tuple(en), numbers)


def until(frame: Frame, unit: Mapping[str, Any]) -> str | None:
    """The first day on which a unit that is left out can be drawn again, as far as the frame tells."""
    out = unit["excluded"]
    if out is None or out["code"] in ("no_officers", "capacity"):
        return None
    if out["code"] == "recent":
        return str(out["until"])
    if out["code"] == "cap":
        return f"{dt.date.fromisoformat(frame['draw_date']).year + 1}-01-01"
    open_days = frame["policy"]["parameters"]["planned_open_days"]
    return (dt.date.fromisoformat(unit["last"]) + dt.timedelta(days=open_days + 1)).isoformat()


def _left_out(unit: Mapping[str, Any], day: str | None, zh: list[str], en: list[str]) -> None:
    code = unit["excluded"]["code"]
    told = EXCLUSIONS[code]
    if code == "planned":
        zh.append(f"未列入：{told[0]}；录入结果后按间隔期，最迟{day}起可再抽取。")
        en.append(f"Left out: {told[1]}; without a result it returns on {day}, with one after the interval of "
                  f"its class.")
    elif day is not None:
        cap = (f"（{unit['excluded']['cap']}次）", f" ({unit['excluded']['cap']})") if code == "cap" else ("", "")
        zh.append(f"未列入：{told[0]}{cap[0]}；{day}起可再抽取。")
        en.append(f"Left out: {told[1]}{cap[1]}; it can be drawn again from {day} on.")
    else:
        zh.append(f"未列入：{told[0]}；以当日情况为准。")
        en.append(f"Left out: {told[1]}; this is so for the day alone.")


def _arms(frame: Frame, unit: Mapping[str, Any], quota: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each arm that the unit takes part in: its weight and why, the stratum, and the probability."""
    desk, turn = unit["stratum"].rsplit("/", 1)
    found: dict[str, dict[str, Any]] = {}
    for arm in _ARMS:
        held = next((one for one in frame["strata"]
                     if (one["desk"], one["arm"], one["group"]) == (desk, arm, turn)), None)
        if held is None or not unit[f"p_{arm}"]:
            continue
        found[arm] = {"p": unit[f"p_{arm}"], "expected": held["expected"], "stratum": held["stratum"],
                      "units": sum(step["units"] for step in held["steps"]), **_weight(frame, unit, quota, arm)}
    return found


def _weight(frame: Frame, unit: Mapping[str, Any], quota: Mapping[str, Any], arm: str) -> dict[str, Any]:
    rules = frame["policy"]["parameters"]
    if arm == "duty":
        weight = rules["weight_duty"][unit["class"]]
        return {"weight": weight, "why": (f"本年必查，权重{weight:g}", f"a visit is due this year, weight {weight:g}")}
    if arm == "random":
        weight = quota["again"] if unit["visits"] else quota["first"]
        state = ("本年已查，保留下限", "visited this year, the floor") if unit["visits"] else (
            "按同类年度比例的进度", "the pace of its class's yearly ratio")
        return {"weight": weight, "why": (f"{state[0]}，权重{weight:.6f}", f"{state[1]}, weight {weight:.6f}")}
    floor = rules["weight_targeted"][unit["class"]]
    if unit["score"] is None:
        return {"weight": floor, "why": (f"无评分，用等级权重{floor:g}",
                                         f"no score, the weight of its class, {floor:g}")}
    band = unit["score"] // rules["score_band"] * rules["score_band"] / 100
    weight = max(floor, band * band)
    return {"weight": weight, "why": (
        f"等级权重{floor:g}与评分档{band:g}的平方取大，权重{weight:g}",
        f"the larger of its class's {floor:g} and the square of its score's band {band:g}, weight {weight:g}")}
