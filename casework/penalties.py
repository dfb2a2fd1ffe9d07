"""行政处罚 and 临时查封: decisions against a unit, signed by two certified officers, and their withdrawal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from casework import credit, delegation, forms, grounds
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

_LARGEST = Decimal(100_000_000)


@dataclass(frozen=True)
class PenaltyForm:
    """A decision. ``case_no`` None takes the next number of the day; ``inspection_no`` is the visit it comes of."""

    unit_no: str
    decided_on: dt.date
    kind: str
    article: str
    officers: tuple[str, ...]
    amount_yuan: Decimal | None = None
    case_no: str | None = None
    inspection_no: str | None = None


def penalty_form(data: Mapping[str, Any]) -> PenaltyForm:
    """A :class:`PenaltyForm` from JSON."""
    officers = data.get("officers") or ()
    if not isinstance(officers, list | tuple):
        raise CaseworkError("officers must be a list of officer numbers")
    return PenaltyForm(
        forms.word(data.get("unit_no"), "unit_no"), forms.day(data.get("decided_on"), "decided_on"),
        forms.word(data.get("kind"), "kind"), forms.word(data.get("article"), "article"),
        tuple(forms.word(number, "officer_no", 32) for number in officers), _amount(data.get("amount_yuan")),
        forms.word(data["case_no"], "case_no", 64) if data.get("case_no") else None,
        forms.word(data["inspection_no"], "inspection_no") if data.get("inspection_no") else None)


def record_penalty(db: Database, form: PenaltyForm, actor: str, *, now: dt.datetime | None = None) -> str:
    """Enter a decision, post its points, and return its case number; a case is entered once (409)."""
    moment = now or dt.datetime.now(dt.UTC)
    with delegation.referring(db, actor, moment), db.connection() as connection:
        return enter(connection, form, actor, legal_day(moment))


def enter(connection: Connection, form: PenaltyForm, actor: str, today: dt.date, regime: str | None = None, *,
          party: str = "organisation") -> str:
    """:func:`record_penalty` in a transaction of the caller's; ``regime`` and ``party`` are its case's."""
    _check(form, today)
    place = unit_at(connection, form.unit_no)
    team = [(number, "member") for number in form.officers]
    acting = delegation.begin(connection, place, team, (), form.decided_on, (form.kind,), regime=regime,
                              inspection_no=form.inspection_no)
    delegation.check_team(connection, acting, place, team, form.decided_on, needs_lead=False)
    inspection_id = _inspection(connection, form, place.unit_id)
    if form.case_no is None:
        _refuse_again(connection, form, place.unit_id)
    delegation.stand(acting)
    number = form.case_no or next_number(connection, "penalty", form.decided_on)
    row = connection.execute(q["insert"], {
        "number": number, "unit": place.unit_id, "inspection": inspection_id, "day": form.decided_on,
        "kind": form.kind, "amount": form.amount_yuan, "article": form.article, "actor": actor}).fetchone()
    if row is None:
        raise AlreadyDone(f"case {number} was entered before", zh=f"案件 {number} 已经录入过")
    with connection.cursor() as cursor:
        cursor.executemany(q["add_officer"], [(row["penalty_id"], officer) for officer in form.officers])
    delegation.keep(connection, acting, "penalty", number, place, form.decided_on, actor)
    audit.record(connection, actor, "create", "penalty", number, None, {
        "unit_no": form.unit_no, "decided_on": form.decided_on, "kind": form.kind, "article": form.article,
        "amount_yuan": form.amount_yuan, "officers": list(form.officers), "inspection_no": form.inspection_no})
    if party != "citizen":
        # What a person did at a unit is no record of the unit's.
        credit.post(connection, unit_id=place.unit_id, occurred_on=form.decided_on,
                    event_kind=f"penalty_{form.kind}", event_ref=number, actor=actor)
    return number


def _refuse_again(connection: Connection, form: PenaltyForm, unit_id: int) -> None:
    """A form sent twice must not become two decisions; two that truly agree in all take case numbers of their own."""
    lock_for_transaction(connection, f"penalty of unit {unit_id}")
    stands = connection.execute(q["same"], {"unit": unit_id, "day": form.decided_on, "kind": form.kind,
                                            "article": form.article, "amount": form.amount_yuan}).fetchone()
    if stands:
        raise AlreadyDone(f"this decision against unit {form.unit_no} was entered before as {stands['case_no']}",
                          zh=f"对单位 {form.unit_no} 的这一处罚已录入为 {stands['case_no']}，不能重复录入")


def withdraw(db: Database, case_no: str, withdrawn_on: dt.date, reason: str, actor: str, *,
             now: dt.datetime | None = None) -> None:
    """A decision that was changed or annulled: it stays on record as withdrawn and its points are given back."""
    why = forms.reason(reason)
    if withdrawn_on > legal_day(now or dt.datetime.now(dt.UTC)):
        raise CaseworkError(f"case {case_no}: {withdrawn_on} is in the future",
                            zh=f"案件 {case_no} 的撤销日期 {withdrawn_on} 晚于今天")
    with db.connection() as connection:
        case = connection.execute(q["case_of"], [case_no]).fetchone()
        if case:
            raise AlreadyDone(f"decision {case_no} was made in a case: withdraw it there, by the step "
                              f"decision_withdrawn of {case['case_no']}",
                              zh=f"处罚 {case_no} 由案件作出，请在案件 {case['case_no']} 中办理“决定变更或撤销”")
        annul(connection, case_no, withdrawn_on, why, actor)


def annul(connection: Connection, case_no: str, withdrawn_on: dt.date, why: str, actor: str) -> None:
    """:func:`withdraw` in a transaction of the caller's."""
    found = connection.execute(q["locked"], [case_no]).fetchone()
    if found is None:
        raise NotFound(f"there is no case {case_no}", zh=f"没有案件 {case_no}")
    if found["withdrawn_on"] is not None:
        raise AlreadyDone(f"case {case_no} was withdrawn on {found['withdrawn_on']} before",
                          zh=f"案件 {case_no} 已于 {found['withdrawn_on']} 撤销")
    if withdrawn_on < found["decided_on"]:
        raise CaseworkError(f"case {case_no} was decided on {found['decided_on']}: it can't be withdrawn before",
                            zh=f"案件 {case_no} 于 {found['decided_on']} 作出决定，不能早于该日撤销")
    connection.execute(q["withdraw"], {"number": case_no, "day": withdrawn_on})
    audit.record(connection, actor, "withdraw", "penalty", case_no, {"withdrawn_on": None},
                 {"withdrawn_on": withdrawn_on, "reason": why})
    credit.post_reversal(connection, unit_id=found["unit_id"], occurred_on=withdrawn_on, event_ref=case_no,
                         event_kind="penalty_withdrawn", article="行政处罚法 Art. 48", actor=actor)


def _check(form: PenaltyForm, today: dt.date) -> None:
    forms.chosen(form.kind, "kind", [kind["code"] for kind in rules().value("penalty.kinds", form.decided_on)])
    if form.decided_on > today:
        raise CaseworkError(f"the decision is dated {form.decided_on}, which is in the future",
                            zh=f"决定日期 {form.decided_on} 晚于今天")
    oldest = rules().value("inspection.entered_within_days", today)
    if today - form.decided_on > dt.timedelta(days=oldest):
        raise CaseworkError(f"the decision is dated {form.decided_on}, more than {oldest} days ago: bring it in by an "
                            f"import of history",
                            zh=f"决定日期 {form.decided_on} 距今超过 {oldest} 天：请用历史导入")
    if form.kind == "fine" and form.amount_yuan is None:
        raise CaseworkError("a fine needs its amount in yuan", zh="罚款必须填写金额（元）")
    if form.kind != "fine" and form.amount_yuan is not None:
        raise CaseworkError(f"an amount belongs to a fine, not to {form.kind}: enter two decisions",
                            zh="只有罚款填写金额；既罚款又作其他处罚时请分两次录入")
    grounds.check_penalty(form.article, form.kind, form.amount_yuan, form.decided_on)


def _inspection(connection: Connection, form: PenaltyForm, unit_id: int) -> int | None:
    if form.inspection_no is None:
        return None
    row = connection.execute(q["inspection"], [form.inspection_no]).fetchone()
    if row is None or row["unit_id"] != unit_id:
        raise NotFound(f"inspection {form.inspection_no} is not one of unit {form.unit_no}",
                       zh=f"检查 {form.inspection_no} 不是单位 {form.unit_no} 的检查")
    if row["inspected_on"] is None or row["inspected_on"] > form.decided_on:
        raise CaseworkError(f"inspection {form.inspection_no} was not done by {form.decided_on}",
                            zh=f"检查 {form.inspection_no} 在 {form.decided_on} 之前尚未完成")
    return int(row["inspection_id"])


def _amount(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 < found <= _LARGEST or found != round(found, 2):
        raise CaseworkError(f"amount_yuan must be more than 0 and at most {_LARGEST} yuan, with at most two decimals",
                            zh=f"金额应大于 0、不超过 {_LARGEST} 元，最多两位小数")
    return found
