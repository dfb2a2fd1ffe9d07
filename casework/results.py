"""What a visit found: the gates it has to pass, then record, hazards, orders and points in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from casework import clocks, credit, delegation, forms, order_clocks, owners, publications, sheet_storing
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.hazard_checks import check_hazards, check_result
from casework.numbers import next_number
from casework.officers import Place
from casework.orders import Order, close_corrected, make_orders
from casework.planning import kinds_by_hand, open_plan, refuse_closed
from casework.sheets import Recheck, check_evidence, check_sheet, check_trigger, time_class
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Recorded:
    """What an entry has left: the record's number, its orders, the hazards and orders it closed, the points posted."""

    inspection_id: int
    inspection_no: str
    orders: tuple[str, ...]
    closed_orders: tuple[str, ...]
    points: float


def record_result(db: Database, visit: str | NewVisit, form: ResultForm, actor: str, *,
                  now: dt.datetime | None = None, town_login: bool = False) -> Recorded:
    """Enter the result of a planned visit (by its number) or of one that was not planned.

    A visit is entered once: a second entry is refused with 409, also when both come at the same moment. Every refusal
    is one sentence and leaves nothing behind.
    """
    moment = now or dt.datetime.now(dt.UTC)
    day = legal_day(form.started_at)
    _check_times(form, day, moment)
    with delegation.referring(db, actor, moment), db.connection() as connection:
        record = open_plan(connection, visit) if isinstance(visit, str) else _begin(connection, visit, form, day)
        place = Place(record["unit_id"], record["unit_no"], record["is_key"])
        _check_day(record, day)
        team = form.officers if form.officers is not None else _planned_team(connection, record)
        acting = delegation.begin(connection, place, team, [one.item_code for one in form.hazards], day,
                                  _powers(form), town_login=town_login)
        delegation.check_team(connection, acting, place, team, day)
        hazards = check_hazards(connection, form, day)
        check_sheet(form.sheet, record["kind"], form.result, day)
        check_trigger(form.trigger, day)
        check_evidence([*form.evidence, *(part for hazard in form.hazards for part in hazard.evidence),
                        *(part for old in form.rechecks for part in old.evidence)], day)
        rechecks = sheet_storing.rechecks_of(connection, form, place, record["kind"], day)
        check_result(form, hazards, rechecks, day)
        if record["kind"] == "reinspection" and any(not one.corrected for one in rechecks):
            # An order that still stands was not passed: scores and the public read the result alone.
            form = replace(form, result="hazards_ordered")
        delegation.stand(acting)
        inspection_id, number = _store(connection, record, form, day, team, actor)
        _store_hazards(connection, inspection_id, place.unit_id, hazards, day)
        sheet_storing.store(connection, inspection_id, form, day)
        orders = make_orders(connection, inspection_id, number, place.unit_id, day,
                             _served(form, day, legal_day(moment)), actor)
        corrected = close_corrected(connection, place, [one.hazard_id for one in rechecks if one.corrected], day,
                                    inspection_id, number, actor)
        sheet_storing.store_rechecks(connection, inspection_id, rechecks)
        _run_clocks(connection, record, inspection_id, number, form, day, orders, corrected)
        delegation.keep(connection, acting, "inspection", number, place, day, actor, inspection_id)
        points = _post_points(connection, place, number, hazards, day, actor)
        if record["kind"] == "reinspection":
            points += _post_overdue(connection, place, day, actor)
            delegation.refer_uncorrected(connection, day, actor, moment, place.unit_id)
        _trace(connection, record, number, form, day, team, hazards, orders, rechecks, actor)
    return Recorded(inspection_id, number, tuple(order.order_no for order in orders), corrected, points)


def _powers(form: ResultForm) -> list[str]:
    """What of the law a record makes use of, as agreements of delegation name it."""
    return ["inspect", "order"] if any(one.handling == "ordered" for one in form.hazards) else ["inspect"]


def _check_times(form: ResultForm, day: dt.date, now: dt.datetime) -> None:
    if form.started_at > now:
        raise CaseworkError(f"the visit begins at {_local(form.started_at)}, which is in the future: enter it when it "
                            f"is done (消防监督检查规定 Art. 14: a true record)",
                            zh=f"检查开始时间 {_local(form.started_at)} 晚于现在：请在检查结束后录入"
                               f"（《消防监督检查规定》第十四条，如实记录）")
    if form.ended_at < form.started_at:
        raise CaseworkError(f"the visit ends at {_local(form.ended_at)}, before it begins at {_local(form.started_at)} "
                            f"(消防监督检查规定 Art. 14: a true record)",
                            zh=f"检查结束时间 {_local(form.ended_at)} 早于开始时间 {_local(form.started_at)}"
                               f"（《消防监督检查规定》第十四条，如实记录）")
    if form.ended_at > now:
        raise CaseworkError(f"the visit ends at {_local(form.ended_at)}, which is in the future: enter it when it is "
                            f"done (消防监督检查规定 Art. 14: a true record)",
                            zh=f"检查结束时间 {_local(form.ended_at)} 晚于现在：请在检查结束后录入"
                               f"（《消防监督检查规定》第十四条，如实记录）")
    # Asked first, and by the day of entry: for a day long ago there may be no rule at all.
    oldest = rules().value("inspection.entered_within_days", legal_day(now))
    if legal_day(now) - day > dt.timedelta(days=oldest):
        raise CaseworkError(f"the visit was on {day}, more than {oldest} days ago: bring it in by an import of history",
                            zh=f"检查日期 {day} 距今超过 {oldest} 天：请用历史导入")
    longest = rules().value("inspection.longest_hours", day)
    if form.ended_at - form.started_at > dt.timedelta(hours=longest):
        raise CaseworkError(f"the visit lasts from {_local(form.started_at)} to {_local(form.ended_at)}: more than "
                            f"{longest} hours are not taken as one visit",
                            zh=f"检查从 {_local(form.started_at)} 到 {_local(form.ended_at)}："
                               f"一次检查不能超过 {longest} 小时")


def _check_day(record: dict[str, Any], day: dt.date) -> None:
    if record["registered_on"] is not None and day < record["registered_on"]:
        raise CaseworkError(f"unit {record['unit_no']} was registered on {record['registered_on']}: it can't have been "
                            f"inspected on {day}",
                            zh=f"单位 {record['unit_no']} 于 {record['registered_on']} 登记，不能在 {day} 检查过")
    if record["draw_no"] is not None and record["planned_on"] is not None and day < record["planned_on"]:
        raise CaseworkError(f"inspection {record['inspection_no']} was drawn for {record['planned_on']}: it can't have "
                            f"been made on {day}",
                            zh=f"检查 {record['inspection_no']} 抽取的日期是 {record['planned_on']}，"
                               f"不能早在 {day} 进行")


def _served(form: ResultForm, day: dt.date, today: dt.date) -> dt.date:
    served = form.served_on or day
    if not day <= served <= today:
        raise CaseworkError(f"the order was served on {served}: that must be between the visit on {day} and today, "
                            f"{today} (消防监督检查规定 Art. 19)",
                            zh=f"责令改正通知书送达日期 {served} 应在检查日期 {day} 与今天 {today} 之间"
                               f"（《消防监督检查规定》第十九条）")
    return served


def _begin(connection: Connection, visit: NewVisit, form: ResultForm, day: dt.date) -> dict[str, Any]:
    """An unplanned visit, before it has a number; the same unit at the same moment is the same visit."""
    forms.chosen(visit.kind, "the kind of an unplanned visit", kinds_by_hand(day))
    row = connection.execute(q["unit"], [forms.word(visit.unit_no, "unit_no", 64)]).fetchone()
    if row is None:
        raise NotFound(f"unit {visit.unit_no} is not in the register", zh=f"名录库中没有单位 {visit.unit_no}")
    refuse_closed(row)
    lock_for_transaction(connection, f"unplanned visit of unit {row['unit_id']}")
    stands = connection.execute(q["same_visit"], {"unit": row["unit_id"], "start": form.started_at}).fetchone()
    if stands:
        raise AlreadyDone(f"the visit of unit {visit.unit_no} that began at {_local(form.started_at)} was entered "
                          f"before as {stands['inspection_no']}",
                          zh=f"单位 {visit.unit_no} 始于 {_local(form.started_at)} 的检查已录入为 "
                             f"{stands['inspection_no']}，不能重复录入")
    return {**row, "inspection_id": None, "inspection_no": None, "kind": visit.kind, "status": None, "draw_no": None,
            "planned_on": None}


def _planned_team(connection: Connection, record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if record["inspection_id"] is None:
        raise CaseworkError("name the officers who made the visit: one lead and at least one member "
                            "(消防监督检查规定 Art. 14)",
                            zh="请填写检查人员：一名主检，至少一名协检（《消防监督检查规定》第十四条）")
    rows = connection.execute(q["team"], [record["inspection_id"]]).fetchall()
    return tuple((row["officer_no"], row["role"]) for row in rows)


def _store(connection: Connection, record: dict[str, Any], form: ResultForm, day: dt.date,
           team: tuple[tuple[str, str], ...], actor: str) -> tuple[int, str]:
    number = record["inspection_no"] or next_number(connection, "inspection", day)
    row = connection.execute(q["done"] if record["inspection_id"] else q["insert_done"], {
        "id": record["inspection_id"], "number": number, "unit": record["unit_id"], "kind": record["kind"],
        "start": form.started_at, "end": form.ended_at, "day": day, "result": form.result, "note": form.note,
        "actor": actor, "trigger": form.trigger, "time_class": time_class(form.started_at)}).fetchone()
    assert row is not None  # noqa: S101  returning
    inspection_id = int(row["inspection_id"])
    connection.execute(q["clear_team"], {"inspection": inspection_id, "officers": [number for number, _ in team]})
    with connection.cursor() as cursor:
        cursor.executemany(q["add_officer"], [(inspection_id, officer, role) for officer, role in team])
    return inspection_id, str(number)


def _store_hazards(connection: Connection, inspection_id: int, unit_id: int, hazards: list[HazardFound],
                   day: dt.date) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(q["insert_hazard"], [{
            "inspection": inspection_id, "unit": unit_id, "item": hazard.item_code, "severity": hazard.severity,
            "major": hazard.is_major, "day": day, "handling": hazard.handling, "due": hazard.due_on,
            "oral": hazard.oral,
            "corrected": day if hazard.handling == "corrected_on_spot" else None, "note": hazard.note}
            for hazard in hazards])


def _run_clocks(connection: Connection, record: dict[str, Any], inspection_id: int, number: str, form: ResultForm,
                day: dt.date, orders: list[Order], closed: tuple[str, ...]) -> None:
    owner = owners.of_visit(connection, inspection_id)
    # Before the new ones begin: a re-inspection has looked at the orders that stood, not at its own.
    order_clocks.rechecked(connection, record["unit_id"], closed, day, form.ended_at,
                           all_due=record["kind"] == "reinspection" and form.result != "closed")
    order_clocks.start(connection, orders, owner, form.ended_at, day)
    publications.queue(connection, inspection_id, number, record["kind"], owner,
                       clocks.of_its_day(form.ended_at, day))


def _post_points(connection: Connection, place: Place, number: str, hazards: list[HazardFound], day: dt.date,
                 actor: str) -> float:
    posted = [credit.post(connection, unit_id=place.unit_id, occurred_on=day, event_kind="major_hazard",
                          event_ref=f"{number}/{hazard.item_code}", actor=actor)
              for hazard in hazards if hazard.is_major]
    return sum(points or 0.0 for points in posted)


def _post_overdue(connection: Connection, place: Place, day: dt.date, actor: str) -> float:
    """A re-inspection that finds an order past its day and still open posts 逾期未改正, once for the order."""
    rows = connection.execute(q["overdue_orders"], {"unit": place.unit_id, "day": day}).fetchall()
    posted = [credit.post(connection, unit_id=place.unit_id, occurred_on=day, event_kind="order_overdue",
                          event_ref=row["order_no"], actor=actor) for row in rows]
    return sum(points or 0.0 for points in posted)


def _trace(connection: Connection, record: dict[str, Any], number: str, form: ResultForm, day: dt.date,
           team: tuple[tuple[str, str], ...], hazards: list[HazardFound], orders: list[Order],
           rechecks: list[Recheck], actor: str) -> None:
    before = {"status": record["status"], "planned_on": record["planned_on"]} if record["inspection_id"] else None
    audit.record(connection, actor, "result", "inspection", number, before, {
        "status": "done", "unit_no": record["unit_no"], "kind": record["kind"], "inspected_on": day,
        "started_at": form.started_at, "ended_at": form.ended_at, "result": form.result, "officers": list(team),
        "hazards": [[hazard.item_code, hazard.severity, hazard.handling, hazard.due_on, hazard.is_major]
                    for hazard in hazards],
        "orders": [order.order_no for order in orders],
        "corrected": [one.hazard_id for one in rechecks if one.corrected],
        "not_corrected": [one.hazard_id for one in rechecks if not one.corrected], "trigger": form.trigger,
        "evidence": [one.sha256 for one in form.evidence]})


def _local(moment: dt.datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
