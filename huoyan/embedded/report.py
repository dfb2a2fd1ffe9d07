"""What the demo prints: the top of the ranking with reasons, the ratios by class, and the draw with its officers."""

from __future__ import annotations

import datetime as dt

from rich import box
from rich.console import Group, RenderableType
from rich.table import Column, Table

import sampling.reading
from scoring import classes, explain, ranking
from store import Database

_REASONS = 2
_GROUPS = {"duty": "人员密集重点 crowded key", "key": "其他重点 other key", "general": "一般 general"}
_ARMS = {"duty": "必查 duty", "random": "随机 random", "targeted": "定向 targeted"}


def _right(header: str) -> Column:
    return Column(header, justify="right")


def ranking_table(db: Database, top: int) -> RenderableType:
    """The riskiest units, each with what moved it most."""
    with db.connection() as connection:
        as_of = ranking.day_of(connection, None)
        rows = ranking.top(connection, as_of, top, "")
    table = Table(_right("#"), "单位 unit", "类别\nclass", _right("风险分\nscore"),
                  Column("原因 reasons", overflow="fold"), title_justify="left", box=box.SIMPLE_HEAD,
                  title=f"风险排名 ranking as of {as_of}: 0-100, 越高风险越大 higher is riskier")
    for row in rows:
        lifted = [f"[bold]{reason.zh}[/bold]" for reason in classes.reasons(row["direct"], as_of)]
        told = [f"{sentence.zh} {sentence.points:+.1f}"
                for sentence in explain.reasons(row["contributions"], as_of, _REASONS)]
        table.add_row(str(row["rank"]), f"{row['name']}\n[dim]{row['unit_no']}[/dim]", row["risk_class"],
                      f"{row['score']:.1f}", "\n".join(lifted + told))
    return table


def ratio_table(db: Database, day: dt.date) -> RenderableType:
    """Yearly ratio by kind and class, how much of it is done, and what today is expected to bring."""
    with db.connection() as connection:
        ratios = sampling.reading.ratios(connection, day)
    tau = ratios["tau"]
    table = Table("分组\ngroup", "类别\nclass", _right("单位\nunits"), _right("年度比例\nper year"),
                  _right("已查\nvisited"), _right("当日期望\nexpected"), title_justify="left", box=box.SIMPLE_HEAD,
                  title=f"抽查比例 ratios for {day}, 定向占比 targeted share {tau['value']:.0%}: {tau['reason']['zh']}")
    for row in ratios["rows"]:
        if row["units"]:
            table.add_row(_GROUPS[row["group"]], row["risk_class"], f"{row['units']:,}", f"{row['ratio']:.0%}",
                          f"{row['visited']:,}", f"{row['expected']:.2f}")
    return table


def draw_table(db: Database, day: dt.date) -> RenderableType:
    """The draw of a day: each visit with its arm, probability and two officers, and the digests to check it by."""
    with db.connection() as connection:
        draw = sampling.reading.draw_of_day(connection, day)
    if draw is None:
        return f"\n{day}: no draw"
    table = Table(_right("#"), "单位 unit", "方式\narm", _right("概率\nprobability"), "检查人员 officers",
                  title_justify="left", box=box.SIMPLE_HEAD,
                  title=f"双随机抽取 draw {draw['draw_no']} of {day}: {len(draw['visits'])} visits")
    for visit in draw["visits"]:
        table.add_row(str(visit["position"]), visit["unit_name"], _ARMS[visit["arm"]], f"{visit['probability']:.2%}",
                      f"{visit['lead_name']} (带队), {visit['second_name']}")
    notes = [f"[yellow]{note['zh']} {note['en']}[/yellow]" for note in draw["notes"]]
    return Group(table, f"commitment  {draw['commitment']}", f"record hash {draw['record_hash']}", *notes)
