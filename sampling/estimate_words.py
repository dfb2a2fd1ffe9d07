"""What an estimate says in words: Chinese and English, for pages and commands."""

from __future__ import annotations

from collections.abc import Mapping

from sampling.estimates import Estimates, Figures
from sampling.words import Words


def naive(figures: Figures) -> Words:
    """Why the plain share of visits that found something is not the rate of all units."""
    told, plain = figures.substantive, figures.naive
    if told is None or plain is None:
        return {"zh": "检出率（查出隐患的检查占比）不是全部单位的隐患率：高风险单位抽中的概率更大。",
                "en": "The share of visits that found something is not the rate of all units: riskier ones are "
                      "drawn more."}
    if plain.low <= told.value.value <= plain.high:
        return {"zh": f"检出率{plain.value:.1%}未作加权：高风险单位抽中的概率更大，检出率平均偏高；"
                      f"本期两者之差在抽样误差之内。",
                "en": f"The plain share of visits, {plain.value:.1%}, is not weighted: riskier units are drawn more, "
                      f"so that it is too high on average; in this period the gap is within the error of sampling."}
    way = ("偏高", "high") if plain.value > told.value.value else ("偏低", "low")
    return {"zh": f"检出率{plain.value:.1%}{way[0]}：各单位抽中的概率不同（高风险单位更大），"
                  f"直接平均会把常抽的单位算多；按抽中概率的倒数加权后为{told.value.value:.1%}。",
            "en": f"The plain share of visits, {plain.value:.1%}, is too {way[1]}: units are drawn with different "
                  f"probabilities (riskier ones with larger), and a plain mean counts those drawn often too much; "
                  f"weighted by the inverse of the probability it is {told.value.value:.1%}."}


def few(figures: Figures, needs: Mapping[str, float]) -> Words:
    """Why there is no figure."""
    done, least = figures.visits["done"], needs["least_results"]
    if done >= least:
        return {"zh": f"{done}条结果的权重过于悬殊，只相当于{figures.effective:.1f}条，不作估计",
                "en": f"{done} results tell as much as {figures.effective:.1f} of equal weight: too few for an "
                      f"estimate"}
    return {"zh": f"只有{done}条结果，达到{least:g}条才作估计",
            "en": f"{done} results, {least:g} are needed for an estimate"}


def response(figures: Figures) -> Words:
    """What became of the visits that were drawn."""
    told = figures.visits
    zh = [f"抽中{told['drawn']}家次，{told['done']}家次有结果"]
    en = [f"{told['drawn']} visits drawn, {told['done']} with a result"]
    for name, in_zh, in_en in (("closed", "到场时已停业", "found closed"),
                               ("waiting", "尚未录入结果", "without a result yet"),
                               ("lapsed", "未能检查或已取消", "not possible or cancelled")):
        if told[name]:
            zh.append(f"{told[name]}家次{in_zh}")
            en.append(f"{told[name]} {in_en}")
    lost = told["drawn"] - told["done"]
    tail = ("；无结果的不按“无隐患”计", "; those without one are not taken for free of hazards") if lost else ("", "")
    return {"zh": "，".join(zh) + tail[0], "en": ", ".join(en) + tail[1]}


def population(figures: Figures) -> Words:
    """Which units the figures speak for."""
    zh = (f"推断对象为平均每日{figures.units:,.0f}家单位：其中{figures.known:,.0f}家因近期已检查不在抽取范围，"
          f"按其最近一次检查结果计入")
    en = (f"They speak for {figures.units:,.0f} units on an average day: {figures.known:,.0f} of these were visited of "
          f"late and left out of the draw, and count with what that visit found")
    if figures.outside >= 0.5:
        zh += f"；另有{figures.outside:,.0f}家当日无人可派或力量不足，未包括在内"
        en += f"; {figures.outside:,.0f} others could not be drawn, for want of officers, and are left out"
    return {"zh": zh, "en": en}


def all_of(told: Estimates) -> dict[str, Words]:
    """What stands beside the figures of all units."""
    return {"naive": naive(told.city), "response": response(told.city), "population": population(told.city)}
