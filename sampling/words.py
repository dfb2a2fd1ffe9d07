"""What a frame says in codes and numbers, in words: Chinese and English, for pages and commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Words = dict[str, str]

# Why a unit could not be drawn: code -> (zh, en).
EXCLUSIONS = {
    "no_officers": ("所在区域当日没有可派出的两名持证人员", "no two certified officers can go there that day"),
    "planned": ("已有待检查任务", "a visit is planned already"),
    "cap": ("本年度检查次数已达上限", "the yearly cap of visits is reached"),
    "recent": ("近期已检查，间隔期未满", "visited too short a time ago"),
    "capacity": ("当日力量用于法定必查单位", "the day's officers are needed for legal duties"),
}

# Why a drawn unit got no officers: code -> (zh, en).
UNASSIGNED = {
    "no_officers": ("当日没有可检查该单位的执法人员，需要两名", "no officers may visit it today, two are needed"),
    "one_officer": ("当日只有一名执法人员可检查该单位，需要两名", "1 officer may visit it today, two are needed"),
    "no_lead": ("当日可检查该单位的人员中无人可任主办", "no officer who may visit it today may lead"),
    "taken": ("所有合规的人员组合已派往排序在前的单位", "every legal pair is taken by visits that stand before it"),
}

# What a desk is short of: code -> (zh, en) about {where} and its units {zh} or {en}.
_NOTES = {
    "no_officers": ("{where}没有可检查{zh}的持证执法人员：请导入执法人员",
                    "no officers in area {where} for {en}: import officers"),
    "one_officer": ("{where}只有一名可检查{zh}的持证执法人员，需要两名：请导入执法人员",
                    "only one certified officer in area {where} for {en}, two are needed: import officers"),
    "no_lead": ("{where}可检查{zh}的执法人员中无人可任主办：请为其中一人设置可任主办",
                "no officer in area {where} for {en} may lead a visit: mark one as can_lead"),
    "away": ("{where}可检查{zh}的执法人员当日休假或任务已满",
             "the officers of area {where} for {en} are on leave or fully planned on this day"),
    "short": ("{where}检查{zh}的执法人员当日可完成{capacity:.2f}次检查，按进度应为{wanted:.2f}次",
              "the officers of area {where} for {en} can make {capacity:.2f} of the {wanted:.2f} visits that today's "
              "pace asks for"),
}
_KINDS = {"key": ("重点单位", "key units"), "general": ("一般单位", "general units")}


def desk_note(desk: Mapping[str, Any]) -> Words | None:
    """What a desk of a frame is short of today, or None."""
    if desk["note"] is None:
        return None
    zh, en = _KINDS[desk["kind"]]
    said = {"where": desk["covers"][0] if len(desk["covers"]) == 1 else desk["desk"].rpartition("/")[0],
            "zh": zh, "en": en, "capacity": desk["capacity"], "wanted": desk["wanted"]}
    return {language: text.format(**said) for language, text in zip(("zh", "en"), _NOTES[desk["note"]], strict=True)}


def unassigned(code: str) -> Words:
    """Why a drawn unit got no officers."""
    zh, en = UNASSIGNED[code]
    return {"zh": zh, "en": en}


def tau_reason(frame: Mapping[str, Any]) -> Words:
    """Where a frame's targeted share comes from."""
    share, bounds = frame["tau"], frame["policy"]["parameters"]["tau"]
    lift, least = share["lift"], bounds["min_results"]
    results = lift["results"] if lift else 0
    if results < least:
        said = (f"随机抽取已有{results}条结果，达到{least:g}条前用起始值",
                f"{results} random-arm results, {least:g} are needed: start value")
    else:
        said = (f"随机抽取{results}条结果显示提升{lift['value']:.2f}倍（保守{lift['lower']:.2f}倍）",
                f"lift {lift['value']:.2f} (cautiously {lift['lower']:.2f}) on {results} random-arm results")
    if share["value"] < share["earned"]:
        said = (f"{said[0]}；为保证全市隐患率估计精度而调低",
                f"{said[1]}; lowered for the precision of the city-wide rate")
    return {"zh": said[0], "en": said[1]}
