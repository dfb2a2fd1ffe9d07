"""Writing into a report: each sentence under its problems or its plan rests on figures of that report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.reports.period import KINDS, Kind, Period
from casework.reports.report import report
from casework.reports.texts import SECTIONS
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries

q = Queries(__file__)


def write(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime,
          areas: Sequence[str] | None = None) -> int:
    """Put a sentence under the problems or the plan of a report; its figures must be in it and have rows."""
    kind = cast(Kind, forms.chosen(data.get("kind"), "kind", list(KINDS)))
    period = Period.of(kind, forms.word(data.get("period"), "period", 10), today=legal_day(now))
    section = forms.chosen(data.get("section"), "section", list(SECTIONS))
    codes = list(dict.fromkeys(forms.word(one, "figures", 64) for one in data.get("figures") or ()))
    if not 1 <= len(codes) <= 10:
        raise CaseworkError("a sentence rests on 1 to 10 figures of the report (figures)",
                            zh="每条文字应有 1 至 10 项报告指标作为依据")
    area = data.get("area_code") or None
    with db.connection() as connection:
        told = report(connection, kind, period, area=area, areas=areas, as_of=legal_day(now))
        for code in codes:
            if code not in told.lines:
                raise NotFound(f"the figure {code[:40]} is not in that report", zh=f"该报告没有指标 {code[:40]}")
            if not told.lines[code].now.rows:
                raise CaseworkError(f"the figure {code} has no rows in {period.name}: a sentence can't rest on it",
                                    zh=f"指标 {code} 在 {period.name} 没有明细，不能作为依据")
        row = connection.execute(q["insert"], {
            "kind": kind, "period": period.name, "area": area, "section": section,
            "body": forms.word(data.get("body"), "body", 2000), "figures": codes, "actor": actor}).fetchone()
        assert row is not None  # noqa: S101  returning
        audit.record(connection, actor, "write", "report_text", str(row["text_id"]), None,
                     {"kind": kind, "period": period.name, "section": section, "figures": codes})
    return int(row["text_id"])


def withdraw(db: Database, text_id: int, actor: str, *, now: dt.datetime, areas: Sequence[str] | None = None) -> None:
    """Take a sentence out of its report; it stays on record."""
    with db.connection() as connection:
        held = connection.execute(q["locked"], [text_id]).fetchone()
        if held is None or (areas is not None and (held["area_code"] is None or held["area_code"] not in areas)):
            raise NotFound(f"there is no sentence {text_id}", zh=f"没有文字 {text_id}")
        if held["withdrawn_at"] is not None:
            raise AlreadyDone(f"sentence {text_id} was withdrawn before", zh=f"文字 {text_id} 已撤回")
        connection.execute(q["withdraw"], {"id": text_id, "now": now})
        audit.record(connection, actor, "withdraw", "report_text", str(text_id), {"withdrawn_at": None},
                     {"withdrawn_at": now})
