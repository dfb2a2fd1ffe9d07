"""A report: the figures of a period beside the period before and the year before, their relations, its sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from casework.errors import NotFound
from casework.reports import identities, texts, wording
from casework.reports.counting import Counted, count
from casework.reports.figures import Figure, defined
from casework.reports.identities import Relation
from casework.reports.period import Kind, Period
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Line:
    """One figure with what it was before; ``before`` is None where the comparison is the same as the year before."""

    figure: Figure
    now: Counted
    before: Counted | None
    year_ago: Counted
    comparable: bool = True

    @property
    def change(self) -> float | None:
        """Against the year before, as a share of it; None where that had none, or the period has not begun."""
        if not self.comparable:
            return None
        return (self.now.value - self.year_ago.value) / self.year_ago.value if self.year_ago.value else None


@dataclass(frozen=True)
class Report:
    """All that the page, the files and the command show."""

    kind: Kind
    period: Period
    before: Period
    year_ago: Period
    as_of: dt.date
    today: dt.date
    area: dict[str, Any] | None
    zh: str
    en: str
    sections: list[dict[str, Any]]
    lines: dict[str, Line]
    relations: list[Relation]
    sentences: dict[str, list[dict[str, str]]]
    towns: list[dict[str, Any]]
    by_area: list[str]

    @property
    def title(self) -> str:
        """As the head of the page has it."""
        where = self.area["name_zh"] if self.area else ""
        # The period says already that it is a year, a quarter or a month.
        return f"{where}{self.period.zh(self.kind)}{self.zh[2:]}"

    @property
    def so_far(self) -> dict[str, str] | None:
        """What must be said of a period that has not ended, in both languages; None where it has."""
        if self.period.last <= self.today:
            return None
        if self.period.first > self.today:
            return {"zh": f"期间自 {self.period.first} 开始，至 {self.today} 尚无可统计的数据。",
                    "en": f"The period begins on {self.period.first}: on {self.today} there is nothing to count yet."}
        return {"zh": f"期间至 {self.period.last} 结束，以上数字统计至 {self.today}；"
                      f"上年同期统计 {self.year_ago.first} 至 {self.year_ago.last}。",
                "en": f"The period ends on {self.period.last}; it is counted up to {self.today}, the year before "
                      f"from {self.year_ago.first} to {self.year_ago.last}."}

    def as_dict(self) -> dict[str, Any]:
        """As REST and ``--out file.json`` give it."""
        words = period_words(self.period.last)
        return {"kind": self.kind, "title": self.title, "en": self.en, "first": self.period.first,
                "last": self.period.last, "period": self.period.name, "as_of": self.as_of, "so_far": self.so_far,
                "before": asdict(self.before), "year_ago": asdict(self.year_ago), "area": self.area,
                "figures": [{**asdict(line.figure), "rule": words[line.figure.period], "value": line.now.value,
                             "row_count": line.now.rows, "before": line.before.value if line.before else None,
                             "year_ago": line.year_ago.value, "change": line.change,
                             "forms": dict(line.now.forms) if line.figure.split else {},
                             "by_month": {f"{month:%Y-%m}": value for month, value in sorted(line.now.months.items())}}
                            for line in self.lines.values()],
                "relations": [{**asdict(one), "formula": one.formula, "share": one.share} for one in self.relations],
                "sections": self.sections, "sentences": self.sentences, "towns": self.towns}


def scope(connection: Connection, area: str | None, areas: Sequence[str] | None) -> tuple[
        list[str] | None, dict[str, Any] | None]:
    """The area codes of a report, and the area it is about: with all beneath it, within what an account sees."""
    if area is None:
        return (None if areas is None else list(areas)), None
    rows = connection.execute(q["beneath"], {"area": area, "areas": None if areas is None else list(areas)}).fetchall()
    if not rows or rows[0]["area_code"] != area:
        raise NotFound(f"there is no area {area}", zh=f"没有区域 {area}")
    return [row["area_code"] for row in rows], rows[0]


def report(connection: Connection, kind: Kind, period: Period, *, area: str | None = None,
           areas: Sequence[str] | None = None, as_of: dt.date, today: dt.date | None = None) -> Report:
    """The report of ``kind`` over ``period``; ``as_of`` is the day to which corrections of a cohort are counted.

    A period that has not ended by ``today`` (``as_of`` if left out) is held against as many days of the one before and
    of the year before, and their cohorts have had as long to be corrected.
    """
    today = today or as_of
    day = period.last
    layout, figures = rules().value("reports.layouts", day)[kind], defined(day)
    codes, about = scope(connection, area, areas)
    wanted = [figures[code] for section in layout["sections"] for code in section["figures"]]
    before, year_ago = period.before(kind), period.year_ago(kind)
    once, comparable = before == year_ago, period.first <= today
    if comparable:
        before, year_ago = before.so_far(today, period), year_ago.so_far(today, period)
    now = count(connection, wanted, period, codes, as_of)
    then = count(connection, wanted, year_ago, codes, as_of - (period.first - year_ago.first))
    last = None if once else count(connection, wanted, before, codes, as_of - (period.first - before.first))
    lines = {one.code: Line(one, now[one.code], last[one.code] if last else None, then[one.code], comparable)
             for one in wanted}
    by_area = layout.get("by_area", [])
    return Report(kind, period, before, year_ago, as_of, today, about, layout["zh"], layout["en"], layout["sections"],
                  lines, identities.checked({code: line.now.value for code, line in lines.items()}, day),
                  _told(connection, kind, period, area, wording.sections(kind, figures, now, day)),
                  _towns(connection, [figures[code] for code in by_area], period, codes, as_of), by_area)


def _told(connection: Connection, kind: Kind, period: Period, area: str | None,
          told: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """What the figures say and, after it, what people wrote under problems and plan."""
    written = texts.of(connection, kind, period.name, area) if period.name else {}
    for section, rows in written.items():
        told.setdefault(section, []).extend({"zh": row["body"], "en": row["body"]} for row in rows)
    return {section: sentences for section, sentences in told.items() if sentences}


def period_words(day: dt.date) -> dict[str, dict[str, str]]:
    """The words of the period rules."""
    return {one["code"]: {"zh": one["zh"], "en": one["en"]} for one in rules().value("reports.period_rules", day)}


def _towns(connection: Connection, wanted: list[Figure], period: Period, codes: list[str] | None,
           as_of: dt.date) -> list[dict[str, Any]]:
    """The figures of each area in which any has a row."""
    if not wanted:
        return []
    counted = count(connection, wanted, period, codes, as_of, by_area=True)
    found = sorted({area for one in counted.values() for area in one.areas})
    names = {row["area_code"]: row for row in connection.execute(q["names"], {"areas": found})}
    return [{"area_code": area, "name_zh": names[area]["name_zh"], "name_en": names[area]["name_en"],
             "values": {figure.code: counted[figure.code].areas.get(area, 0) for figure in wanted}} for area in found]
