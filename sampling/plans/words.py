"""What a plan says in numbers, in words: Chinese and English, for pages, commands and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Words = dict[str, str]

GROUPS = {"duty": ("人员密集重点单位", "crowded key units"), "key": ("其他重点单位", "other key units"),
          "general": ("一般单位", "general units")}
KINDS = {"key": ("重点单位", "key units"), "general": ("一般单位", "general units")}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")

_CAUSES = {
    "no_officers": ("没有可检查的持证人员", "no certified officer may go there"),
    "one_officer": ("只有一名可检查的持证人员，需要两名", "only one certified officer may go there, two are needed"),
    "no_lead": ("持证人员中无人可任主办", "none of the certified officers may lead a visit"),
    "certificate": ("{count} 人执法证于 {day} 到期", "certificate of {count} {officers} ends {day}"),
    "leave": ("休假占 {count} 个人日", "leave takes {count} officer days"),
    "uncertified": ("{count} 人无有效执法证", "{count} {officers} without a valid certificate"),
}


def place(covers: list[str], areas: Mapping[str, Mapping[str, Any]]) -> Words:
    """Where a desk works: the name of its area, or of the first and how many more."""
    first = areas.get(covers[0], {"zh": covers[0], "en": None})
    zh, en = str(first["zh"]), str(first["en"] or first["zh"])
    if len(covers) == 1:
        return {"zh": zh, "en": en}
    parents = {areas.get(code, {}).get("parent") for code in covers}
    over = parents.pop() if len(parents) == 1 else None
    if over in covers or over not in areas:
        over = next((code for code in covers if all(areas.get(other, {}).get("parent") == code
                                                    for other in covers if other != code)), None)
    if over is not None:
        zh, en = str(areas[over]["zh"]), str(areas[over]["en"] or areas[over]["zh"])
        return {"zh": f"{zh}（{len(covers)} 个区域）", "en": f"{en} ({len(covers)} areas)"}
    return {"zh": f"{zh}等 {len(covers)} 个区域", "en": f"{en} and {len(covers) - 1} more"}


def causes(told: Mapping[str, Any]) -> Words:
    """Why officers are fewer than they might be."""
    said = []
    for one in told["causes"]:
        zh, en = _CAUSES[one["code"]]
        officers = "officer" if one["count"] == 1 else "officers"
        said.append((zh.format(**one), en.format(**one, officers=officers)))
    return {"zh": "；".join(zh for zh, _ in said), "en": "; ".join(en for _, en in said)}


def shortfall(told: Mapping[str, Any]) -> Words:
    """What a desk can't do, from when, why, and what would mend it; ``told`` is an entry of a plan's shortfalls."""
    zh, en = KINDS[told["kind"]]
    since = told["since"]
    out = {
        "zh": f"{told['place']['zh']}{zh}需检查 {told['needs']} 家次，现有力量可完成 {told['can']} 家次，"
              f"缺 {told['short']} 家次，自 {since} 月起",
        "en": f"{told['place']['en']}, {en}: {told['needs']} visits are needed, officers can do {told['can']}: "
              f"{told['short']} short, from {MONTHS[since - 1]}"}
    if told["duties"]:
        out = {"zh": f"{out['zh']}；其中法定必查 {told['duties']} 家次",
               "en": f"{out['en']}; {told['duties']} of them legal duties"}
    why = causes(told)
    return {language: f"{text}；{why[language]}" if language == "zh" and why["zh"]
            else f"{text}; {why[language]}" if why[language] else text for language, text in out.items()}


def mend(told: Mapping[str, Any]) -> Words:
    """What would mend a shortage."""
    if told["officer_days"] is None:
        return {"zh": "须先有两名持证人员，其中一人可任主办",
                "en": "first two certified officers are needed, one of whom may lead"}
    out = {"zh": f"增加 {told['officer_days']} 个人日可补齐",
           "en": f"{told['officer_days']} more officer days would mend it"}
    if told["earlier"]:
        out["zh"] += f"；此前各月余力最多可提前完成 {told['earlier']} 家次"
        out["en"] += f"; the months before have room for at most {told['earlier']} of them"
    return out
