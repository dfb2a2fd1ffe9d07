"""An evaluation as one page that needs nothing else: tables, and plots drawn as SVG. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape

from scoring.evaluate import Evaluation, Judged
from scoring.measures import Measured
from scoring.orders import ORDERS

_COLOURS = {"model": "#b3261e", "scorecard": "#1f5fa8", "team": "#8a6d00", "random": "#888888", "actual": "#444444",
            "last_result": "#2e7d32", "exposure": "#7b3fa0", "kept": "#888888"}
_NAMES = ORDERS | {"kept": ("完全准确", "what is told is found")}
_WIDTH, _HEIGHT, _EDGE = 420, 300, 44
_STYLE = """
body{font:15px/1.5 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em auto;max-width:1100px;padding:0 1em}
table{border-collapse:collapse;margin:1em 0;width:100%} small{color:#666;display:block}
th,td{border-bottom:1px solid #ddd;padding:.3em .5em;text-align:right;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left} td{white-space:nowrap} figure{display:inline-block;margin:0 1em 1em 0}
.warn{background:#fdecea;border-left:4px solid #b3261e;padding:.6em 1em}
"""
_MEASURES = (("auc", "AUC", 3, 1.0), ("precision_k", "精确率 precision", 1, 100.0),
             ("recall_k", "召回率 recall", 1, 100.0),
             ("first_quarter", "前1/4 first quarter", 1, 100.0), ("first_half", "前1/2 first half", 1, 100.0),
             ("days_earlier", "提前天数 days earlier", 1, 1.0), ("own_auc", "组内AUC own caseload", 3, 1.0),
             ("own_days_earlier", "组内提前天数 days, own caseload", 1, 1.0))


def page(found: Evaluation) -> str:
    """The whole page, Chinese first."""
    last = found.until - dt.timedelta(days=1)
    parts = [
        f"<h1>风险模型评估 <small>Evaluation of the risk model, {found.as_of} – {last}</small></h1>",
        f"<p>{len(found.windows)}个时间窗，{found.visits}次检查，{found.units}家单位，{found.positives}次发现隐患"
        f"（{found.positives / found.visits:.1%}，{escape(found.outcome)}）。"
        f"排序只用各窗首日之前已知的信息；仅被检查的单位有结果。"
        f"<small>{len(found.windows)} windows, {found.visits} visits of {found.units} units. Orders use only what was "
        f"known before each window; only visited units have a result. Below each figure: bootstrap 95 %.</small></p>",
        _warnings(found), _table(found), "<h2>图 Plots</h2>", _gains(found), _reliability(found), _over_time(found),
        _windows(found),
        f"<p><small>规则 rules {found.policy_version}, seed {found.seed}</small></p>"]
    return (f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>风险模型评估</title>'
            f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>")


def _warnings(found: Evaluation) -> str:
    told = [f"<p class='warn'><b>疑似泄漏：{escape(suspect.feature)}</b>似乎事先知道结果（单项AUC {suspect.alone:.3f}，"
            f"以往 {suspect.before:.3f}，去掉后模型下降 {suspect.drop:.3f}），模型的各项数字不可信。"
            f"<small>It seems to know the result: do not trust the figures of the model.</small></p>"
            for suspect in found.suspects]
    if found.shuffled:
        told.append("<p class='warn'>结果已随机打乱，任何排序都应与随机相当。<small>Results were dealt out at random: "
                    "no order should be better than random.</small></p>")
    if found.note:
        told.append(f"<p class='warn'>没有学习模型。<small>No learned model: {escape(found.note)}.</small></p>")
    return "".join(told)


def _table(found: Evaluation) -> str:
    heads = "".join(f"<th>{escape(head)}</th>" for _, head, _, _ in _MEASURES)
    rows = "".join(_row(judged) for judged in found.orders)
    return (f"<h2>各种排序 Orders <small>k = {found.capacity:.0%}</small></h2><table><tr><th></th>{heads}"
            f"<th>随机抽查部分AUC random arm</th></tr>{rows}</table>")


def _row(judged: Judged) -> str:
    cells = [_cell(judged.measures[name], digits, times) for name, _, digits, times in _MEASURES]
    cells.append(_cell(judged.random_arm_auc, 3, 1.0) if judged.random_arm_auc else "<td>–</td>")
    zh, en = ORDERS[judged.order]
    return f"<tr><td>{zh}<small>{en}</small></td>{''.join(cells)}</tr>"


def _cell(measured: Measured, digits: int, times: float) -> str:
    return (f"<td>{measured.value * times:.{digits}f}<small>{measured.low * times:.{digits}f} – "
            f"{measured.high * times:.{digits}f}</small></td>")


def _gains(found: Evaluation) -> str:
    lines = [(name, [(at / (len(curve) - 1), value) for at, value in enumerate(curve)])
             for name, curve in found.gains.items() if name in _COLOURS]
    return _plot("已查比例 share of visits made", "已发现比例 share found", lines, (0, 1), (0, 1))


def _reliability(found: Evaluation) -> str:
    told = found.calibration
    if told is None:
        return ""
    top = max(max(row.told, row.found) for row in told.bins) * 1.1 or 1.0
    plot = _plot("预测概率 told", "实际比例 found", [
        ("kept", [(0, 0), (top, top)]), ("model", [(row.told, row.found) for row in told.bins])], (0, top), (0, top))
    rows = "".join(f"<tr><td>{number}</td><td>{row.visits}</td><td>{row.told:.3f}</td><td>{row.found:.3f}</td></tr>"
                   for number, row in enumerate(told.bins, 1))
    return (f"{plot}<h2>校准 Calibration</h2><p>Brier {told.brier.value:.4f}（{told.brier.low:.4f} – "
            f"{told.brier.high:.4f}；只报总体比例 the overall rate alone {told.base_brier:.4f}），"
            f"校准误差 calibration error {told.error:.3f}</p>"
            f"<table><tr><th>组 bin</th><th>检查 visits</th><th>预测 told</th><th>实际 found</th></tr>{rows}</table>")


def _over_time(found: Evaluation) -> str:
    if len(found.windows) < 2:
        return ""
    steps = len(found.windows) - 1
    lines = [(judged.order, [(at / steps, window.auc[judged.order]) for at, window in enumerate(found.windows)])
             for judged in found.orders if judged.order in ("model", "scorecard", "team", "random")]
    values = [value for _, points in lines for _, value in points]
    return _plot("时间窗 window", "AUC", lines, (0, 1), (min(0.4, *values), max(0.7, *values)))


def _windows(found: Evaluation) -> str:
    rows = "".join(
        f"<tr><td>{window.as_of}</td><td>{window.visits}</td><td>{window.positives}</td><td>{window.learnt_from}</td>"
        f"<td>{window.trimmed} ({window.trimmed_share:.1%})</td><td>{window.slope:.2f}</td>"
        + "".join(f"<td>{window.auc[name]:.3f}</td>" for name in ("model", "scorecard") if name in window.auc) + "</tr>"
        for window in found.windows)
    heads = "".join(f"<th>AUC {ORDERS[name][0]}</th>"
                    for name in ("model", "scorecard") if name in found.windows[-1].auc)
    return (f"<h2>时间窗 Windows</h2><table><tr><th>首日 from</th><th>检查 visits</th><th>发现 found</th>"
            f"<th>训练 learnt from</th><th>截断权重 weights cut</th><th>斜率 slope</th>{heads}</tr>{rows}</table>")


def _plot(across: str, up: str, lines: Sequence[tuple[str, Sequence[tuple[float, float]]]],
          xs: tuple[float, float], ys: tuple[float, float]) -> str:
    def place(x: float, y: float) -> str:
        return (f"{_EDGE + (x - xs[0]) / (xs[1] - xs[0]) * (_WIDTH - _EDGE - 10):.1f},"
                f"{_HEIGHT - _EDGE - (y - ys[0]) / (ys[1] - ys[0]) * (_HEIGHT - _EDGE - 10):.1f}")

    drawn = "".join(f'<polyline fill="none" stroke="{_COLOURS[name]}" stroke-width="2" points="'
                    f'{" ".join(place(x, y) for x, y in points)}"/>' for name, points in lines)
    names = "".join(f'<text x="{_WIDTH - 14}" y="{_HEIGHT - _EDGE - 8 - 15 * at}" font-size="12" text-anchor="end" '
                    f'fill="{_COLOURS[name]}">'
                    f"{_NAMES[name][0]} {_NAMES[name][1]}</text>" for at, (name, _) in enumerate(lines))
    return (f'<figure><svg role="img" aria-label="{escape(up)}" width="{_WIDTH}" height="{_HEIGHT}" '
            f'viewBox="0 0 {_WIDTH} {_HEIGHT}"><path d="M{_EDGE},10V{_HEIGHT - _EDGE}H{_WIDTH - 10}" fill="none" '
            f'stroke="#999"/>{drawn}{names}'
            f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" font-size="12" text-anchor="middle">{escape(across)}</text>'
            f'<text x="12" y="{_HEIGHT / 2}" font-size="12" text-anchor="middle" '
            f'transform="rotate(-90 12 {_HEIGHT / 2})">{escape(up)}</text>'
            f'<text x="{_EDGE}" y="{_HEIGHT - 28}" font-size="11">{xs[0]:g}</text>'
            f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 28}" font-size="11" text-anchor="end">{xs[1]:.2g}</text>'
            f'<text x="{_EDGE - 4}" y="{_HEIGHT - _EDGE}" font-size="11" text-anchor="end">{ys[0]:.2g}</text>'
            f'<text x="{_EDGE - 4}" y="18" font-size="11" text-anchor="end">{ys[1]:.2g}</text></svg></figure>')
