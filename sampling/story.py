"""Why today's split is what it is: from a frame to sentences in Chinese and English, each with the numbers it rests on.

Pure. The frame says what was decided; who is on leave and which month's record the share comes from are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sampling.frames import EXCLUSIONS as REASONS
from sampling.frames import View
from sampling.parameters import CLASSES, GROUPS
from sampling.profiles import ARMS
from sampling.words import EXCLUSIONS

Frame = Mapping[str, Any]
Numbers = dict[str, Any]

_GROUP_WORDS = {"duty": ("人员密集重点单位", "crowded key units"), "key": ("其他重点单位", "other key units"),
                "general": ("一般单位", "general units")}
_ARM_WORDS = {"duty": ("必查", "duty"), "random": ("随机", "random"), "targeted": ("定向", "targeted")}


@dataclass(frozen=True)
class Chapter:
    """One part of the story: its sentences, and the numbers in them by name."""

    code: str
    title: tuple[str, str]
    zh: tuple[str, ...]
    en: tuple[str, ...]
    numbers: Numbers = field(default_factory=dict)


def story(frame: Frame, on_leave: Sequence[str], month: Mapping[str, Any] | None) -> list[Chapter]:
    """The whole story of a frame; ``month`` is the record of the targeted share that stands for its month."""
    view = View(frame)
    return [_capacity(frame, on_leave), _duties(view), *(_pace(frame, group) for group in GROUPS), _left_out(view),
            _share(frame, month), _precision(frame), _expected(view)]


def _capacity(frame: Frame, on_leave: Sequence[str]) -> Chapter:
    officers, desks = frame["officers"], frame["desks"]
    numbers = {"officers": len(officers), "certified": sum(one["certificate_valid"] for one in officers),
               "at_work": sum(one["load"] > 0 for one in officers), "on_leave": len(on_leave),
               "possible": sum(desk["free"] for desk in desks), "granted": sum(desk["capacity"] for desk in desks),
               "wanted": sum(desk["wanted"] for desk in desks), "desks": len(desks),
               "short": sum(desk["note"] is not None for desk in desks)}
    leave = f"（{'、'.join(on_leave[:8])}{'等' if len(on_leave) > 8 else ''}）" if on_leave else ""
    in_en = f" ({', '.join(on_leave[:8])}{', …' if len(on_leave) > 8 else ''})" if on_leave else ""
    zh = [f"在册执法人员{numbers['officers']}名，证件当日有效{numbers['certified']}名，"
          f"休假{numbers['on_leave']}名{leave}，当日可派{numbers['at_work']}名。",
          f"按进度需要{numbers['wanted']:.2f}次检查，各检查组可安排{numbers['granted']:.2f}次。"]
    en = [f"{numbers['officers']} officers are on the register, {numbers['certified']} with a certificate valid that "
          f"day, {numbers['on_leave']} on leave{in_en}; {numbers['at_work']} can be sent.",
          f"The pace asks for {numbers['wanted']:.2f} visits, the desks are granted {numbers['granted']:.2f}."]
    if numbers["short"]:
        zh.append(f"{numbers['desks']}个检查组中有{numbers['short']}个力量不足。")
        en.append(f"{numbers['short']} of {numbers['desks']} desks are short of officers.")
    return Chapter("capacity", ("当日力量", "Capacity of the day"), tuple(zh), tuple(en), numbers)


def _duties(view: View) -> Chapter:
    frame, duty = view.frame, view.group == GROUPS.index("duty")
    days = frame["days"]
    numbers = {"units": int(duty.sum()), "remaining": int((duty & (view.visits == 0)).sum()), "days_left": days["left"],
               "spread": days["spread"],
               "expected": sum(held["expected"] for held in frame["strata"] if held["arm"] == "duty")}
    return Chapter(
        "duties", ("必查在先", "Duties first"),
        (f"人员密集重点单位{numbers['units']}家，每年至少检查一次，尚有{numbers['remaining']}家本年未查。",
         f"今年还剩{days['left']}个工作日，预留缓冲后按{days['spread']}个工作日分摊，当日必查期望{numbers['expected']:.2f}次。"),
        (f"{numbers['units']} crowded key units are visited at least once a year; {numbers['remaining']} are still to "
         f"come.",
         f"{days['left']} working days are left, and duties are spread over {days['spread']} of them, the rest being a "
         f"buffer: {numbers['expected']:.2f} duty visits are expected today."), numbers)


def _pace(frame: Frame, group: str) -> Chapter:
    zh, en, rows = [], [], []
    asked = frame["policy"]["parameters"]["ratio"][group]
    for quota in (row for row in frame["quotas"] if row["group"] == group and row["units"]):
        c = quota["risk_class"]
        raised = quota["ratio"] > asked[c]
        rows.append({**{name: value for name, value in quota.items() if name != "group"}, "asked": asked[c]})
        zh.append(f"{c}级{quota['units']}家：规则比例{asked[c]:.1%}"
                  + (f"，为达到总比例补足到{quota['ratio']:.1%}" if raised else "")
                  + f"；本年已查{quota['visited']:g}家，还差{quota['remaining']:.1f}家，可抽{quota['eligible']}家，"
                    f"分摊后每家当日{quota['pace']:.3%}。")
        en.append(f"Class {c}, {quota['units']} units: ratio {asked[c]:.1%}"
                  + (f", raised to {quota['ratio']:.1%} to reach the least total" if raised else "")
                  + f"; {quota['visited']:g} visited this year, {quota['remaining']:.1f} to come, "
                    f"{quota['eligible']} can be drawn: {quota['pace']:.3%} each today.")
    names = _GROUP_WORDS[group]
    total = frame["policy"]["parameters"]["total"][group]
    lead = (f"总比例不低于{total:.0%}。", f"At least {total:.0%} of them in all.") if rows else (
        "没有这类单位。", "There are none.")
    return Chapter(f"pace_{group}", (f"{names[0]}的比例与进度", f"Ratios and pace of {names[1]}"), (lead[0], *zh),
                   (lead[1], *en), {"total": total, "rows": rows})


def _left_out(view: View) -> Chapter:
    free, *others = np.bincount(view.excluded, minlength=len(REASONS)).tolist()
    counts = dict(zip(REASONS[1:], others, strict=True))
    many = {code: counts[code] for code in EXCLUSIONS if counts[code]}
    zh, en = [f"{len(view)}家单位中{free}家可抽。"], [f"{free} of {len(view)} units can be drawn."]
    for code, count in many.items():
        zh.append(f"{EXCLUSIONS[code][0]}：{count}家。")
        en.append(f"{count}: {EXCLUSIONS[code][1]}.")
    return Chapter("left_out", ("未列入的单位", "Left out"), tuple(zh), tuple(en),
                   {"units": len(view), "eligible": free, **many})


def _share(frame: Frame, month: Mapping[str, Any] | None) -> Chapter:
    tau, bounds = frame["tau"], frame["policy"]["parameters"]["tau"]
    lift, results = tau["lift"], (tau["lift"] or {"results": 0})["results"]
    numbers = {"earned": tau["earned"], "value": tau["value"], "results": results, "lift": lift and lift["value"],
               "lower": lift and lift["lower"], "floor": bounds["floor"], "ceiling": bounds["ceiling"],
               "start": bounds["start"], "full_lift": bounds["full_lift"], "min_results": bounds["min_results"],
               "month": f"{month['month']:%Y-%m}" if month else None}
    zh = [f"依据{numbers['month']}的月度决定。" if month else "本月没有月度决定，冻结时按当日证据计算。"]
    en = [f"It goes by the decision for {numbers['month']}." if month else
          "There is no decision for this month: it goes by the evidence on the day of the freeze."]
    top = f"{bounds['top_share']:.0%}"
    if results < bounds["min_results"] or lift is None:
        zh.append(f"随机抽取的结果{results}条，不足{bounds['min_results']:g}条，用起始值{bounds['start']:.1%}。")
        en.append(f"{results} random-arm results are fewer than {bounds['min_results']:g}: it keeps its start, "
                  f"{bounds['start']:.1%}.")
    else:
        zh.append(f"随机抽取的{results}条结果中，评分最高的{top}查出隐患的比率是全部的{lift['value']:.2f}倍，"
                  f"保守{lift['lower']:.2f}倍；上下限{bounds['floor']:.0%}至{bounds['ceiling']:.0%}，"
                  f"达到{bounds['full_lift']:g}倍用上限，由此得{tau['earned']:.1%}。")
        en.append(f"On {results} random-arm results the riskiest {top} had a hazard {lift['value']:.2f} times as often "
                  f"as all, {lift['lower']:.2f} cautiously; between {bounds['floor']:.0%} and {bounds['ceiling']:.0%}, "
                  f"which {bounds['full_lift']:g} would give, this earns {tau['earned']:.1%}.")
    if tau["value"] < tau["earned"]:
        zh.append(f"为保证随机抽取的次数，调低到{tau['value']:.1%}。")
        en.append(f"It is lowered to {tau['value']:.1%} so that the random arm keeps the visits that it needs.")
    return Chapter("tau", (f"定向份额 {tau['value']:.1%}", f"Targeted share {tau['value']:.1%}"), tuple(zh), tuple(en),
                   numbers)


def _precision(frame: Frame) -> Chapter:
    held, wanted = frame["precision"], frame["policy"]["parameters"]["precision"]
    random = sum(one["expected"] for one in frame["strata"] if one["arm"] == "random")
    zh = [f"要把{held['units']}家单位的年度隐患率估计到±{wanted:.0%}，随机抽取平均每个工作日需{held['needed']:.2f}次；"
          f"当日随机抽取期望{random:.2f}次。"]
    en = [f"To know the yearly hazard rate of {held['units']} units within ±{wanted:.0%} the random arm needs "
          f"{held['needed']:.2f} visits on an average working day; {random:.2f} are expected today."]
    if held["stretch"] > frame["policy"]["parameters"]["stretch"]:
        zh.append(f"比例要求的进度不够，当日进度放大到{held['stretch']:.2f}倍。")
        en.append(f"The pace of the ratios falls short of that: it is stretched {held['stretch']:.2f} times.")
    return Chapter("precision", ("精度对随机抽取的要求", "What precision needs of the random arm"), tuple(zh),
                   tuple(en), {**held, "precision": wanted, "random": random})


def _expected(view: View) -> Chapter:
    def by_class(name: str) -> dict[str, float]:
        sums = np.bincount(view.risk_class, weights=view.chance(name), minlength=len(CLASSES)).tolist()
        return dict(zip(CLASSES, sums, strict=True))

    table, whole = {arm: by_class(f"p_{arm}") for arm in ARMS}, by_class("p_total")
    zh, en = [], []
    for arm, row in table.items():
        each = [f"{c} {row[c]:.2f}" for c in CLASSES if row[c]]
        zh.append(f"{_ARM_WORDS[arm][0]}{sum(row.values()):.2f}次" + (f"（{'，'.join(each)}）" if each else "") + "。")
        en.append(f"{_ARM_WORDS[arm][1]}: {sum(row.values()):.2f}" + (f" ({', '.join(each)})" if each else "") + ".")
    total = sum(whole.values())
    zh.append(f"去掉重复抽中的单位，当日共期望{total:.2f}家。")
    en.append(f"A unit drawn by two arms is visited once: {total:.2f} units are expected in all.")
    return Chapter("expected", ("因此当日期望", "So today expects"), tuple(zh), tuple(en),
                   {"arms": table, "units": whole, "total": total})
