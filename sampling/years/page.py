"""A simulated year as one page that needs nothing else: Chinese first, English by the switch at its top. Pure."""

from __future__ import annotations

from html import escape
from pathlib import Path

from sampling.years import plots
from sampling.years.comparing import Comparison, Side
from sampling.years.words import FIGURES, column, interval, value

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_COLOURS = ("#c2410c", "#2b6cb0", "#2f8a67", "#8b5fbf", "#b7791f", "#4a6572", "#a91f1a", "#0f766e")
_ASKED = "#9aa5ad"
_ARMS = (("duty", ("年度必查", "duty"), "#b7791f"), ("random", ("随机", "random"), "#2b6cb0"),
         ("targeted", ("重点", "targeted"), "#c2410c"))
_GROUPS = {"duty": ("人密", "duty"), "key": ("重点", "key"), "general": ("一般", "gen.")}
_TILES = ("hazards", "duty_share", "ratios_met", "cap_breaches", "capacity_used", "delay_median")
_NOTES = (
    ("各策略面对相同的隐患、相同的人员和缺勤，每天的检查次数与现行规则下的抽取相同；其余三种策略只遵守最长间隔，"
     "不考虑次数上限、比例和必查义务。",
     "All policies meet the same hazards, officers and losses, and make as many visits each day as the draw by the "
     "rules in force. The three others keep the longest interval and know of no cap, ratio or duty."),
    ("隐患随机出现，自行消失或在检查发现后整改；一次检查发现当时存在的全部隐患。评分和类别全年不变。",
     "Hazards come at random and stay until they go by themselves or are found; a visit finds all that stand, and they "
     "are corrected. Scores and classes stay as they are for the whole year."),
    ("隐患数字取决于上述假设，只宜比较，不是预测；次数、比例、义务、上限和人员负荷由真实的抽取规则得出。",
     "Figures of hazards rest on these assumptions: compare them, do not take them for a forecast. Visits, ratios, "
     "duties, caps and loads follow from the real rules of the draw."),
    ("小字为95%区间（重复之间）；Δ 为与现行规则下抽取之差，按相同隐患配对。",
     "In small type the 95 % interval over the repetitions; Δ is the difference from the draw by the rules in force, "
     "paired on the same hazards."))


def page(found: Comparison) -> str:
    """The whole page."""
    return ('<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
            f"<title>年度抽查模拟 {found.first.year}</title><style>{_STYLE}</style></head><body><div class='page'>"
            '<input type="checkbox" id="en" aria-label="English"><label for="en"><span class="e" lang="en">English'
            f'</span><span class="z">中文</span></label>{_body(found, 0)}{_body(found, 1)}</div></body></html>')


def _body(found: Comparison, language: int) -> str:
    head = (f"{found.first}至{found.last}，{len(found.days)}个工作日；{found.units:,}家单位，"
            f"{found.officers}名执法人员；重复{found.repetitions}次（种子{found.seed}）。",
            f"{found.first} to {found.last}, {len(found.days)} working days; {found.units:,} units, {found.officers} "
            f"officers; {found.repetitions} repetitions (seed {found.seed}).")[language]
    about = (f"风险来源：{found.told[0]}。力量损失：{found.losses[0]}。",
             f"True risk: {found.told[1]}. Lost capacity: {found.losses[1]}.")[language]
    titles = (("年度抽查模拟", "同等力量下的比较", "图", "如何理解"),
              ("A simulated year of draws", "Compared at the same capacity", "Plots", "How to read it"))[language]
    return (f'<main lang="{("zh-CN", "en")[language]}"><h1>{titles[0]}</h1><p>{escape(head)}</p>'
            f"<p class='soft'>{escape(about)}</p><div class='tiles'>{_tiles(found.sides[0], language)}</div>"
            f"<h2>{titles[1]}</h2>{_table(found, language)}"
            f"<h2>{titles[2]}</h2><div class='plots'>{_plots(found, language)}</div>"
            f"<h2>{titles[3]}</h2>{_notes(found, language)}</main>")


def _tiles(base: Side, language: int) -> str:
    return "".join(f"<div><span>{escape(FIGURES[key].name(language))}</span><b>{value(key, base.figures[key])}</b>"
                   f"<small>{interval(key, base.figures[key])}</small></div>" for key in _TILES)


def _table(found: Comparison, language: int) -> str:
    heads = "".join(f"<th>{escape(column(found, side, language))}</th>" for side in found.sides)
    rows = []
    for key, figure in FIGURES.items():
        cells = []
        for side in found.sides:
            told, beside = side.figures[key], side.difference[key]
            small = [interval(key, told)]
            if side is not found.sides[0] and any(digit in value(key, beside) for digit in "123456789"):
                small.append(f"Δ {value(key, beside, '+')} " + f"({interval(key, beside, '+')})".replace("()", ""))
            cells.append(f"<td>{value(key, told)}{''.join(f'<small>{one}</small>' for one in small if one)}</td>")
        rows.append(f"<tr><td>{escape(figure.name(language))}</td>{''.join(cells)}</tr>")
    return f"<div class='wide'><table><tr><th></th>{heads}</tr>{''.join(rows)}</table></div>"


def _plots(found: Comparison, language: int) -> str:
    def say(zh: str, en: str) -> str:
        return (zh, en)[language]

    days, base = found.days, found.sides[0].first
    months = [(float(n), say(f"{day.month}月", f"{day:%b}")) for n, day in enumerate(days)
              if (n == 0 or days[n - 1].month != day.month) and day.month % 2]
    named = [(column(found, side, language), _COLOURS[n % len(_COLOURS)], side) for n, side in enumerate(found.sides)]
    ratios = [(f"{row['risk_class']}\n{_GROUPS[row['group']][language]}", row["asked"], row["visited"] / row["units"])
              for row in base.ratios]
    once = say("（第一次重复）", " (first repetition)") if found.repetitions > 1 else ""
    return "".join([
        plots.lines(say("累计发现隐患（处）", "Hazards found so far"),
                    [(name, colour, list(enumerate(side.found))) for name, colour, side in named], months),
        plots.lines(say("人员密集重点单位已查比例，按工作日", "Crowded key units visited, by working day"),
                    [(name, colour, list(enumerate(side.duties))) for name, colour, side in named], months,
                    percent=True),
        plots.stacks(say("每月检查（次）", "Visits a month") + once,
                     [(str(number), held) for number, held in enumerate(base.months, 1)],
                     [(key, names[language], colour) for key, names, colour in _ARMS]),
        plots.stacks(say("执法人员年度检查次数分布（人）", "Officers by their visits in the year") + once,
                     _loads(base.loads), [("n", say("人员", "officers"), _COLOURS[5])]),
        plots.bars(say("各类单位年度比例：要求与达到", "Yearly ratios by group and class") + once, ratios,
                   (say("要求", "asked"), say("达到", "reached")), (_ASKED, _COLOURS[0]))])


def _loads(loads: list[int]) -> list[tuple[str, dict[str, float]]]:
    if not loads:
        return []
    low, high = min(loads), max(loads)
    wide = max(1, -(-(high - low + 1) // 7))
    return [(f"{start}" if wide == 1 else f"{start}–{start + wide - 1}",
             {"n": float(sum(start <= load < start + wide for load in loads))})
            for start in range(low, high + 1, wide)]


def _notes(found: Comparison, language: int) -> str:
    items = [pair[language] for pair in _NOTES]
    items += [f"{variant.name}{('：', ': ')[language]}{'; '.join(variant.changes)}" for variant in found.variants[1:]]
    return f"<ul class='notes'>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
