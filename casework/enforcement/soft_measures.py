"""柔性执法: persuasion, guidance and admonition. They are no penalties and are counted apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.enforcement.steps import officer_list
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.officers import check_team
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries

q = Queries(__file__)


@dataclass(frozen=True)
class SoftMeasure:
    """One soft measure on a day."""

    unit_no: str
    kind: str
    taken_on: dt.date
    officers: tuple[str, ...]
    inspection_no: str | None = None
    note: str | None = None


def soft_measure(data: Mapping[str, Any]) -> SoftMeasure:
    """A :class:`SoftMeasure` from JSON."""
    day = forms.day(data.get("taken_on"), "taken_on")
    kinds = [one["code"] for one in rules().value("enforcement.soft_measures", day)]
    return SoftMeasure(forms.word(data.get("unit_no"), "unit_no", 64), forms.chosen(data.get("kind"), "kind", kinds),
                       day, officer_list(data.get("officers")),
                       forms.word(data["inspection_no"], "inspection_no", 64) if data.get("inspection_no") else None,
                       forms.note(data.get("note")))


def take(db: Database, form: SoftMeasure, actor: str, *, now: dt.datetime) -> int:
    """Enter a soft measure, once for a unit, kind, day and team."""
    if form.taken_on > legal_day(now):
        raise CaseworkError(f"the measure is dated {form.taken_on}, which is in the future",
                            zh=f"日期 {form.taken_on} 晚于今天")
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        check_team(connection, place, [(number, "member") for number in form.officers], form.taken_on, needs_lead=False)
        visit = connection.execute(q["visit"], {"number": form.inspection_no, "unit": place.unit_id}).fetchone()
        if form.inspection_no is not None and visit is None:
            raise NotFound(f"inspection {form.inspection_no} is not one of unit {form.unit_no}",
                           zh=f"检查 {form.inspection_no} 不是单位 {form.unit_no} 的检查")
        row = connection.execute(q["insert"], {
            "unit": place.unit_id, "inspection": visit["inspection_id"] if visit else None, "kind": form.kind,
            "day": form.taken_on, "officers": sorted(form.officers), "note": form.note, "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"this {form.kind} of unit {form.unit_no} on {form.taken_on} was entered before",
                              zh=f"单位 {form.unit_no} 在 {form.taken_on} 的该柔性执法措施已录入，不能重复录入")
        audit.record(connection, actor, "take", "soft_measure", str(row["soft_measure_id"]), None, vars(form))
    return int(row["soft_measure_id"])
