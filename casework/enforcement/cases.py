"""A case (案件) from filing to the archive: filed once, then step by step, each behind its gates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from casework import clocks, delegation, grounds, hazard_checks
from casework.enforcement import (
    articles,
    case_clocks,
    collective,
    decisions,
    fines,
    gates,
    leniency,
    steps,
)
from casework.enforcement.articles import of
from casework.enforcement.attempts import Attempt
from casework.enforcement.case_forms import CaseForm
from casework.enforcement.errors import GateClosed, closed
from casework.enforcement.steps import StepForm
from casework.enforcement.words import fits, said, stood
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.officers import Place, check_team
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

#: From which standing each step may be made.
FROM: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("inquiry", "notice", "statement", "hearing_asked", "hearing_waived", "hearing_notice",
                     "hearing_held", "legal_review", "collective", "decision", "no_penalty", "transferred",
                     "transfer_accepted", "transfer_refused", "dropped"), ("open",)),
    **dict.fromkeys(("served", "paid", "payment_deferred", "execution_ended", "closed"), ("decided",)),
    "published": ("decided", "closed", "archived"),
    "decision_withdrawn": ("decided", "closed", "archived"),
    "publication_withdrawn": ("decided", "closed", "archived"),
    "archived": ("closed", "dropped"),
}
#: Where the place of a step stands in 行政处罚法.
_LAW = {step: of("行政处罚法", number) for number, named in (
    (42, ("inquiry",)), (44, ("notice",)), (45, ("statement",)), (58, ("legal_review",)), (61, ("served",)),
    (57, ("collective", "decision", "no_penalty", "dropped", "closed")), (67, ("paid", "execution_ended")),
    (66, ("payment_deferred",)),
    (64, ("hearing_asked", "hearing_waived", "hearing_notice", "hearing_held")), (47, ("archived",)),
    (48, ("published", "decision_withdrawn", "publication_withdrawn")),
    (25, ("transferred", "transfer_accepted", "transfer_refused"))) for step in named}
_TO = {"decision": "decided", "no_penalty": "decided", "closed": "closed", "archived": "archived",
       "dropped": "dropped", "transfer_accepted": "transferred"}
#: Steps that can be made more than once; an amended notice begins the rights of the party anew.
_AGAIN = ("inquiry", "notice", "statement", "hearing_notice", "hearing_asked", "hearing_waived", "hearing_held",
          "legal_review", "collective", "paid", "payment_deferred", "transferred", "transfer_accepted",
          "transfer_refused")
_BY_TWO = ("inquiry", "notice", "statement", "decision", "no_penalty", "served")
STANDINGS = ("open", "decided", "closed", "archived", "dropped", "transferred")


def file(db: Database, form: CaseForm, actor: str, *, now: dt.datetime) -> str:
    """File a case (立案), start its 90 days, and return its number."""
    steps.check_moment(form.filed_at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the case")
    day = legal_day(form.filed_at)
    with delegation.referring(db, actor, now), db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        team = [(number, "member") for number in form.officers]
        acting = delegation.begin(connection, place, team, form.items, day, ("case",), regime=form.regime)
        delegation.check_team(connection, acting, place, team, day, needs_lead=False)
        visit = _visit(connection, form, place)
        discovered = visit["inspected_on"] if visit else day
        form = replace(form, offence_on=form.offence_on or discovered)
        _check_limit(form, discovered)
        hazard_checks.check_items(connection, form.items, discovered)
        lock_for_transaction(connection, f"cases of unit {place.unit_id}")
        stands = connection.execute(q["same"], {"unit": place.unit_id, "day": day, "article": form.article,
                                                "facts": form.facts}).fetchone()
        if stands:
            raise AlreadyDone(f"this case against unit {form.unit_no} was filed before as {stands['case_no']}",
                              zh=f"对单位 {form.unit_no} 的该案已立案为 {stands['case_no']}，不能重复立案")
        delegation.stand(acting)
        number = next_number(connection, "case", day)
        row = connection.execute(q["insert"], {
            **vars(form), "number": number, "unit": place.unit_id, "day": day, "actor": actor,
            "officers": list(form.officers), "items": list(form.items),
            "inspection": visit["inspection_id"] if visit else None}).fetchone()
        assert row is not None  # noqa: S101  returning
        steps.insert(connection, "case", number, StepForm("filed", form.filed_at), form.officers, actor)
        clocks.start(connection, "deadlines.penalty_decided", "case", number,
                     case_clocks.owner({**row, "regime": form.regime}), form.filed_at)
        audit.record(connection, actor, "file", "case", number, None, vars(form))
    return number


def step(db: Database, case_no: str, form: StepForm, actor: str, *, now: dt.datetime) -> bool | None:
    """Make the next step of a case; whether the clock that it stops was in time, None where it stops none.

    A step whose gate is closed is refused with the article and leaves nothing behind.
    """
    with delegation.referring(db, actor, now), db.connection() as connection:
        case = locked(connection, case_no)
        attempt = attempt_of(connection, case, form)
        steps.check_moment(form.at, case["filed_at"], now, f"the step {form.step} of case {case_no}")
        refused = order(attempt) or gates.refusal(attempt)
        if refused:
            raise refused
        officers = form.officers if form.officers is not None else tuple(case["officers"])
        if form.step in _BY_TWO:
            check_team(connection, Place(case["unit_id"], case["unit_no"], case["is_key"]),
                       [(number, "member") for number in officers], form.day, needs_lead=False)
        for name in ("reviewer", "chair"):
            if name in form.details:
                _third(connection, case, str(form.details[name]), form.day)
        if form.step in ("notice", "decision"):
            for one in attempt.penalties:
                grounds.check_penalty(case["article"], one["kind"], one["amount_yuan"], form.day, case["party"])
        details = decisions.take(connection, attempt, officers, actor, legal_day(now))
        steps.insert(connection, "case", case_no, form, officers, actor, details)
        in_time = case_clocks.follow(connection, attempt)
        standing = _TO.get(form.step, case["standing"])
        connection.execute(q["stand"], {
            "case": case["case_id"], "standing": standing,
            "decided": form.day if form.step in ("decision", "no_penalty") else None,
            "closed": form.day if form.step in ("closed", "dropped") else None})
        audit.record(connection, actor, form.step, "case", case_no, {"standing": case["standing"]},
                     {"standing": standing, "at": form.at, "officers": list(officers), "note": form.note, **details})
    return in_time


def order(attempt: Attempt) -> CaseworkError | None:
    """Why a step does not fit where the case stands, or was made before."""
    step_, case = attempt.form.step, attempt.case
    if case["standing"] not in FROM[step_]:
        return GateClosed(f"case {case['case_no']} stands at {case['standing']}: a step {step_} is made while it is "
                          f"{' or '.join(FROM[step_])} ({_LAW[step_][0]})",
                          zh=f"案件 {case['case_no']} 现为“{stood(case['standing'])}”，"
                             f"不能进行“{said(step_)}”：应在{fits(FROM[step_])}时进行（{_LAW[step_][1]}）")
    made = _made_before(attempt)
    if made:
        at = steps.shown(made["at"])
        return AlreadyDone(f"the step {step_} of case {case['case_no']} was made before, at {at}",
                           zh=f"案件 {case['case_no']} 的“{said(step_)}”已于 {at} 完成")
    latest = max((one["at"] for one in attempt.steps), default=case["filed_at"])
    if step_ in _TO and attempt.form.at < latest:
        at, newest = steps.shown(attempt.form.at), steps.shown(latest)
        return CaseworkError(f"the step {step_} is dated {at}, before the latest one at {newest}",
                             zh=f"“{said(step_)}”的时间 {at} 早于最近一步 {newest}")
    return None


def _made_before(attempt: Attempt) -> Mapping[str, Any] | None:
    """The same step, made before and still standing; who waived a hearing may yet ask, and the other way round."""
    name = attempt.form.step
    if name in ("hearing_asked", "hearing_waived"):
        said = attempt.since_notice("hearing_asked", "hearing_waived")
        return said if said and said["step"] == name else None
    if name == "hearing_held":
        return attempt.since_notice(name)
    return None if name in _AGAIN else attempt.last(name)


def attempt_of(connection: Connection, case: Mapping[str, Any], form: StepForm) -> Attempt:
    """All that the gates look at, read once."""
    case_no = case["case_no"]
    made = steps.read(connection, "case", case_no)
    flags = leniency.flags(connection, case, form.day) if case["standing"] == "open" else []
    return Attempt({**case, **fines.money(made, form.at)}, made,
                   collective.read(connection, "case", case_no), flags, form)


def locked(connection: Connection, case_no: str) -> dict[str, Any]:
    """A case, locked so that two clerks make no step at once."""
    row = connection.execute(q["locked"], [case_no]).fetchone()
    if row is None:
        raise NotFound(f"there is no case {case_no}", zh=f"没有案件 {case_no}")
    return row


def _visit(connection: Connection, form: CaseForm, place: Place) -> dict[str, Any] | None:
    if form.inspection_no is None:
        return None
    row = connection.execute(q["visit"], [form.inspection_no]).fetchone()
    if row is None or row["unit_id"] != place.unit_id:
        raise NotFound(f"inspection {form.inspection_no} is not one of unit {form.unit_no}",
                       zh=f"检查 {form.inspection_no} 不是单位 {form.unit_no} 的检查")
    if row["inspected_on"] is None or row["inspected_on"] > legal_day(form.filed_at):
        raise CaseworkError(f"inspection {form.inspection_no} was not done by {legal_day(form.filed_at)}",
                            zh=f"检查 {form.inspection_no} 在 {legal_day(form.filed_at)} 之前尚未完成")
    return row


def _check_limit(form: CaseForm, discovered: dt.date) -> None:
    """A violation that nobody discovered within the years of Art. 36 is punished no more."""
    assert form.offence_on is not None  # noqa: S101  file() gave it a day
    if form.offence_on > discovered:
        raise CaseworkError(f"the violation is dated {form.offence_on}, after it was discovered on {discovered}",
                            zh=f"违法行为日期 {form.offence_on} 晚于发现日期 {discovered}")
    years = rules().value("enforcement.limit_years", discovered)["life_safety" if form.life_safety else "ordinary"]
    day = form.offence_on
    until = day.replace(year=day.year + years) if (day.month, day.day) != (2, 29) else dt.date(day.year + years, 3, 1)
    if discovered >= until:
        raise closed(articles.of("行政处罚法", 36),
                     f"the violation ended on {day} and was discovered on {discovered}, {years} years or more later: "
                     f"it is punished no more",
                     f"违法行为终止于 {day}，{discovered} 才发现，已满 {years} 年，不再给予处罚")


def _third(connection: Connection, case: Mapping[str, Any], number: str, day: dt.date) -> None:
    """Who reviews or chairs must be known, at work and not recused."""
    row = connection.execute(q["officer"], {"officer": number, "unit": case["unit_id"]}).fetchone()
    if row is None:
        raise NotFound(f"officer {number} is not in the register of officers", zh=f"人员名录库中没有 {number}")
    if row["status"] != "active":
        raise CaseworkError(f"officer {number} is no longer active", zh=f"{number} 已离岗")
    if row["recused"]:
        raise closed(articles.of("行政处罚法", 43), f"officer {number} is recused from unit {case['unit_no']}: "
                     f"{row['recused']}", f"{number} 应当回避（{row['recused']}）")
