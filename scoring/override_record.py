"""Making and withdrawing an override, and the list of those there are. Rows are only added, each with its trace.

An override begins with the next scores that are not made yet, so that no score and no draw of a past day is touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from casework import forms
from policy import rules
from policy.clocks import legal_day
from registry import audit
from scoring import overrides
from scoring.card import Card
from scoring.errors import ScoringError
from scoring.overrides import Direction
from scoring.preview import score_unit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

State = Literal["standing", "ended", "all"]
_ONE_DAY = dt.timedelta(days=1)


class NotTheirs(ScoringError):
    """The role may not move a unit this way."""

    status = 403


class UnknownOverride(ScoringError):
    """There is no such override, or no such unit."""

    status = 404


class Stands(ScoringError):
    """An override of the unit stands already, or this one no longer does."""

    status = 409


@dataclass(frozen=True)
class OverrideForm:
    """What a person enters: which way, by how many classes, why, and the last day it holds."""

    direction: Direction
    reason_code: str
    reason: str
    until_day: dt.date
    classes: int = 1


def override_form(data: Mapping[str, Any]) -> OverrideForm:
    """An :class:`OverrideForm` from JSON."""
    classes = data.get("classes", 1)
    if isinstance(classes, bool) or not isinstance(classes, int):
        raise ScoringError("classes must be a whole number", zh="调整级数应为整数")
    direction = cast(Direction, forms.chosen(data.get("direction"), "direction", ["up", "down"]))
    return OverrideForm(direction, forms.word(data.get("reason_code"), "reason_code", 64),
                        forms.reason(data.get("reason")), forms.day(data.get("until_day"), "until_day"), classes)


def reasons(direction: Direction, day: dt.date) -> list[str]:
    """The codes of the reasons that policy takes for a direction."""
    return [entry["code"] for entry in rules().value("overrides.reasons", day) if direction in entry["directions"]]


def may(role: str, day: dt.date) -> list[str]:
    """What a role may do: up, down, withdraw."""
    return [deed for deed, roles in rules().value("overrides.who", day).items() if role in roles]


def first_day(connection: Connection, day: dt.date) -> dt.date:
    """The first day whose scores something decided on ``day`` can move."""
    row = connection.execute(q["first_day"], {"day": day}).fetchone()
    assert row is not None  # noqa: S101
    first: dt.date = row["first"]
    return first


def last_day(first: dt.date) -> dt.date:
    """The last day for which an override that begins on ``first`` may hold."""
    longest = int(rules().value("overrides.longest_days", first))
    return first + (longest - 1) * _ONE_DAY


def make(db: Database, unit_no: str, form: OverrideForm, actor: str, *, role: str, officer_no: str | None = None,
         now: dt.datetime | None = None) -> dict[str, Any]:
    """Move a unit from the next scores on; gives the override as it stands. Every refusal is one sentence."""
    moment = now or dt.datetime.now(dt.UTC)
    day = legal_day(moment)
    _check_words(form, role, day)
    number = forms.word(unit_no, "unit_no", 64)
    with db.connection() as connection:
        # Two people who move the same unit come one after the other.
        lock_for_transaction(connection, f"override {number}")
        unit = connection.execute(q["unit"], {"unit_no": number}).fetchone()
        if unit is None:
            raise UnknownOverride(f"there is no unit {number}", zh=f"没有单位 {number}")
        if unit["status"] != "active":
            raise ScoringError(f"unit {number} is closed: it is not scored", zh=f"单位 {number} 已停业，不参与评分")
        _refuse_recused(connection, unit["unit_id"], officer_no)
        first = first_day(connection, day)
        if not first <= form.until_day <= last_day(first):
            raise ScoringError(f"the last day must lie between {first} and {last_day(first)}, not on {form.until_day}",
                               zh=f"截止日期应在 {first} 至 {last_day(first)} 之间，而不是 {form.until_day}")
        standing = connection.execute(q["standing"], {"unit": unit["unit_id"], "first": first}).fetchone()
        if standing is not None:
            raise Stands(f"unit {number} is moved already by {standing['made_by']} until {standing['until_day']}: "
                         f"withdraw that override first",
                         zh=f"单位 {number} 已由 {standing['made_by']} 人工调整至 {standing['until_day']}，请先撤销")
        _check_effect(connection, unit, form, first)
        row = connection.execute(q["insert"], {
            "unit": unit["unit_id"], "direction": form.direction, "classes": form.classes, "code": form.reason_code,
            "reason": form.reason, "first": first, "until": form.until_day, "actor": actor, "at": moment}).fetchone()
        assert row is not None  # noqa: S101
        audit.record(connection, actor, f"move_{form.direction}", "override", str(row["override_id"]), None,
                     {"unit_no": number, "classes": form.classes, "reason_code": form.reason_code,
                      "reason": form.reason, "valid_from": first, "until_day": form.until_day})
        return one(connection, row["override_id"], day)


def withdraw(db: Database, override_id: int, reason: str, actor: str, *, role: str, officer_no: str | None = None,
             now: dt.datetime | None = None) -> dict[str, Any]:
    """End an override with the next scores; what it moved until then stays moved."""
    moment = now or dt.datetime.now(dt.UTC)
    day = legal_day(moment)
    if "withdraw" not in may(role, day):
        raise NotTheirs(f"the role {role} may not withdraw an override", zh="当前角色不能撤销人工调整")
    why = _reason(reason, day)
    with db.connection() as connection:
        lock_for_transaction(connection, f"override withdrawal {override_id}")
        found = one(connection, override_id, day)
        _refuse_recused(connection, found["unit_id"], officer_no)
        if found["withdrawn_by"]:
            raise Stands(f"override {override_id} was withdrawn by {found['withdrawn_by']} before",
                         zh=f"该人工调整已由 {found['withdrawn_by']} 撤销")
        first = first_day(connection, day)
        if found["until_day"] < first:
            raise Stands(f"override {override_id} ended on {found['until_day']}: there is nothing to withdraw",
                         zh=f"该人工调整已于 {found['until_day']} 到期，无需撤销")
        connection.execute(q["withdraw"], {"override": override_id, "first": first, "reason": why, "actor": actor,
                                           "at": moment})
        audit.record(connection, actor, "withdraw", "override", str(override_id),
                     {"until_day": found["until_day"]}, {"from_day": first, "reason": why})
        return one(connection, override_id, day)


def listed(connection: Connection, day: dt.date, *, state: State = "all", areas: list[str] | None = None,
           unit_id: int | None = None, direction: str | None = None, limit: int = 50, offset: int = 0,
           ) -> list[dict[str, Any]]:
    """Overrides as of ``day`` with the visits made while they held, the newest first; ``total``: how many in all."""
    return [dict(row) for row in connection.execute(q["listed"], {
        "day": day, "state": state, "areas": areas, "unit": unit_id, "direction": direction, "override": None,
        "limit": limit, "offset": offset})]


def one(connection: Connection, override_id: int, day: dt.date, areas: list[str] | None = None) -> dict[str, Any]:
    """One override as of ``day``."""
    row = connection.execute(q["listed"], {
        "day": day, "state": "all", "areas": areas, "unit": None, "direction": None, "override": override_id,
        "limit": 1, "offset": 0}).fetchone()
    if row is None:
        raise UnknownOverride(f"there is no override {override_id}", zh=f"没有编号为 {override_id} 的人工调整")
    return dict(row)


def _check_words(form: OverrideForm, role: str, day: dt.date) -> None:
    book = rules()
    if form.direction not in may(role, day):
        raise NotTheirs(f"the role {role} may not move a unit {form.direction}", zh="当前角色不能作出此项人工调整")
    most = book.value("overrides.most_classes", day)
    if not 1 <= form.classes <= most:
        raise ScoringError(f"a unit may be moved by 1 to {most} classes, not by {form.classes}",
                           zh=f"人工调整的级数应为 1 至 {most}，而不是 {form.classes}")
    codes = reasons(form.direction, day)
    if form.reason_code not in codes:
        raise ScoringError(f"reason_code must be one of {', '.join(codes)} to move a unit {form.direction}",
                           zh="所选理由类别不适用于此调整方向")
    _reason(form.reason, day)


def _reason(text: str, day: dt.date) -> str:
    why = forms.reason(text)
    least = rules().value("overrides.least_reason", day)
    if len(why) < least:
        raise ScoringError(f"say the reason in at least {least} characters", zh=f"请用至少 {least} 个字写明理由")
    return why


def _refuse_recused(connection: Connection, unit_id: int, officer_no: str | None) -> None:
    """Who may not inspect a unit may not steer whether it is inspected either."""
    if officer_no and connection.execute(q["recused"], {"unit": unit_id, "officer": officer_no}).fetchone():
        raise NotTheirs(f"officer {officer_no} is recused from this unit", zh=f"检查人员 {officer_no} 对该单位应当回避")


def _check_effect(connection: Connection, unit: dict[str, Any], form: OverrideForm, first: dt.date) -> None:
    """Refuse what would change nothing, as the next scores are foreseen now."""
    score = score_unit(connection, unit["unit_id"], first)
    after = overrides.moved(Card.on(first), score.base_class, score.risk_class, score.direct, form.direction,
                            form.classes)
    if after != score.risk_class:
        return
    if form.direction == "down" and score.direct:
        raise ScoringError(f"a direct condition ({', '.join(score.direct)}) holds unit {unit['unit_no']} in class "
                           f"{score.risk_class}: no override lowers it",
                           zh=f"单位 {unit['unit_no']} 因直接判定条件列为 {score.risk_class} 级，人工调整不得下调")
    way = "上" if form.direction == "up" else "下"
    raise ScoringError(f"unit {unit['unit_no']} is in class {score.risk_class} already: there is no class further "
                       f"{form.direction}",
                       zh=f"单位 {unit['unit_no']} 已是 {score.risk_class} 级，无法再{way}调")
