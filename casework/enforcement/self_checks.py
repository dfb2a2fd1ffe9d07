"""自查自除: hazards that a unit found and reported itself, with their evidence. They speak for leniency."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from casework import forms
from casework.enforcement import evidence
from casework.enforcement.evidence import Evidence
from casework.enforcement.steps import check_moment
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.planning import unit_at
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction

q = Queries(__file__)


@dataclass(frozen=True)
class SelfCheck:
    """One hazard that a unit reports of itself."""

    unit_no: str
    item_code: str
    found_on: dt.date
    reported_at: dt.datetime
    corrected_on: dt.date | None = None
    note: str | None = None
    evidence: tuple[Evidence, ...] = ()


def self_check(data: Mapping[str, Any]) -> SelfCheck:
    """A :class:`SelfCheck` from JSON."""
    return SelfCheck(forms.word(data.get("unit_no"), "unit_no", 64), forms.word(data.get("item_code"), "item_code", 64),
                     forms.day(data.get("found_on"), "found_on"), forms.moment(data.get("reported_at"), "reported_at"),
                     forms.optional_day(data.get("corrected_on"), "corrected_on"), forms.note(data.get("note")),
                     evidence.evidence_list(data.get("evidence")))


def report(db: Database, form: SelfCheck, actor: str, *, now: dt.datetime) -> int:
    """Enter what a unit reported; the same hazard found on the same day is reported once."""
    check_moment(form.reported_at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the report")
    if form.found_on > legal_day(form.reported_at):
        raise CaseworkError(f"the hazard was found on {form.found_on}, after it was reported",
                            zh=f"发现日期 {form.found_on} 晚于报告日期")
    _check_corrected(form.corrected_on, form.found_on, now)
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        lock_for_transaction(connection, f"self-checks of unit {place.unit_id}")
        if connection.execute(q["item"], {"item": form.item_code, "day": form.found_on}).fetchone() is None:
            raise NotFound(f"item {form.item_code} is not in the catalogue of inspection items on {form.found_on}",
                           zh=f"{form.found_on} 有效的检查事项清单中没有 {form.item_code}")
        stands = connection.execute(q["same"], {"unit": place.unit_id, "item": form.item_code,
                                                "day": form.found_on}).fetchone()
        if stands:
            raise AlreadyDone(f"unit {form.unit_no} reported {form.item_code} found on {form.found_on} before",
                              zh=f"单位 {form.unit_no} 已报告 {form.found_on} 自查发现的 {form.item_code}")
        row = connection.execute(q["insert"], {
            "unit": place.unit_id, "item": form.item_code, "found": form.found_on, "reported": form.reported_at,
            "corrected": form.corrected_on, "note": form.note, "actor": actor,
            "evidence": Jsonb([vars(one) for one in form.evidence], dumps=json.dumps)}).fetchone()
        assert row is not None  # noqa: S101  returning
        audit.record(connection, actor, "report", "self_check", str(row["self_check_id"]), None, vars(form))
    return int(row["self_check_id"])


def correct(db: Database, self_check_id: int, corrected_on: dt.date, actor: str, *, now: dt.datetime) -> None:
    """Say when the unit has corrected what it reported."""
    with db.connection() as connection:
        row = connection.execute(q["locked"], [self_check_id]).fetchone()
        if row is None:
            raise NotFound(f"there is no self-check {self_check_id}", zh=f"没有自查记录 {self_check_id}")
        if row["corrected_on"] is not None:
            raise AlreadyDone(f"self-check {self_check_id} was corrected on {row['corrected_on']} before",
                              zh=f"自查记录 {self_check_id} 已于 {row['corrected_on']} 改正")
        _check_corrected(corrected_on, row["found_on"], now)
        connection.execute(q["correct"], {"id": self_check_id, "day": corrected_on})
        audit.record(connection, actor, "correct", "self_check", str(self_check_id), {"corrected_on": None},
                     {"corrected_on": corrected_on})


def _check_corrected(corrected: dt.date | None, found: dt.date, now: dt.datetime) -> None:
    if corrected is not None and not found <= corrected <= legal_day(now):
        raise CaseworkError(f"corrected_on must lie between {found} and today, not at {corrected}",
                            zh=f"改正日期应在 {found} 至今天之间，而不是 {corrected}")
